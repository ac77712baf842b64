// stepwind mcp: tools for assistants that speak the Model Context Protocol, over stdin and stdout.
import type { Command } from "commander";
import { placesOf, type Session } from "../../session.ts";

export function addMcpCommand(program: Command, session: Session): void {
  program.commandsGroup("DAGs and runs:");
  program
    .command("mcp")
    .description("serve DAGs, runs and logs to an AI assistant (Model Context Protocol, stdio)")
    .option("--read-only", "leave out the tools that change something", false)
    .action(async ({ readOnly }: { readonly readOnly: boolean }, command: Command) => {
      const { serveMcp } = await import("./serve.ts");
      await serveMcp(session, placesOf(session, command), { isReadOnly: readOnly });
    });
}
