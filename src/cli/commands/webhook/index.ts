// stepwind webhooks …: addresses that trigger a DAG without a log-in.
import type { Command } from "commander";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { outputOption } from "../options.ts";

export function addWebhooksCommands(program: Command, session: Session): void {
  const webhooks = program
    .command("webhooks")
    .usage("<command>")
    .helpCommand(false)
    .summary("create, list, revoke")
    .description("Webhooks: addresses that trigger a DAG, for systems that can't log in.");
  const load = () => import("./webhook-commands.ts");

  webhooks
    .command("create")
    .description("make an address that triggers the DAG; it is shown once")
    .argument("<dag-id>")
    .requiredOption("--name <name>", "who calls it; runs that it triggers name it")
    .action(async (dagId: string, { name }: { readonly name: string }, command: Command) => {
      await (await load()).makeWebhook(session, placesOf(session, command), { dagId, name });
    });
  webhooks
    .command("list")
    .description("the DAG's webhooks")
    .argument("<dag-id>")
    .addOption(outputOption())
    .action(async (dagId: string, { output }: { readonly output: Output }, command: Command) => {
      await (await load()).showWebhooks(session, placesOf(session, command), { dagId, output });
    });
  webhooks
    .command("revoke")
    .description("make a webhook's address void")
    .argument("<dag-id>")
    .argument("<webhook-id>")
    .action(async (dagId: string, webhookId: string, _: unknown, command: Command) => {
      await (await load()).endWebhook(session, placesOf(session, command), { dagId, webhookId });
    });
}
