// Commands about a deployment on AWS: push, doctor, undeploy, revoke-tokens. What talks to AWS is
// loaded when one of them runs.
import { type Command, InvalidArgumentError, Option } from "commander";
import { refuseUrl } from "../../server/server-wish.ts";
import { placesOf, type Session } from "../../session.ts";

interface UndeployOptions {
  readonly stack: string;
  readonly yes?: boolean;
  readonly stopRuns?: boolean;
}

export function addAwsCommands(program: Command, session: Session): void {
  program.commandsGroup("On AWS:");
  program
    .command("push")
    .description("upload the DAG folder, only what changed, and show what became of each file")
    .argument("[dir]", "DAG folder (default: that of --dags)")
    .addOption(stackOption())
    .option("--bucket <name>", "bucket to upload to, without a look at the stack or the results")
    .option("--delete", "delete from the bucket what is gone from the folder")
    .option(
      "--wait <seconds>",
      "how long to wait for the next result, 0 for not at all",
      toSeconds,
      120,
    )
    .action(
      async (
        dir: string | undefined,
        options: { stack: string; bucket?: string; delete?: boolean; wait: number },
        command: Command,
      ) => {
        const places = placesOf(session, command);
        refuseUrl(places, { command: "push", isStackNamed: isStackNamed(command, options) });
        const { pushFolder } = await import("./push.ts");
        await pushFolder(session, places, {
          dir,
          stack: options.stack,
          bucket: options.bucket,
          deletesGone: options.delete ?? false,
          waitSeconds: options.wait,
        });
      },
    );
  program
    .command("doctor")
    .description("check a deployment piece by piece; exits with 1 if something is wrong")
    .addOption(stackOption())
    .action(async ({ stack }: { stack: string }, command: Command) => {
      const isNamed = isStackNamed(command);
      refuseUrl(placesOf(session, command), { command: "doctor", isStackNamed: isNamed });
      const { examine } = await import("./doctor.ts");
      await examine(session, stack);
    });
  program
    .command("undeploy")
    .description("take all DAGs off a deployment before its stack goes; history and files stay")
    .addOption(stackOption())
    .option("-y, --yes", "don't ask")
    .option("--stop-runs", "end runs that are going on, as failed")
    .action(async (options: UndeployOptions, command: Command) => {
      const isNamed = isStackNamed(command);
      refuseUrl(placesOf(session, command), { command: "undeploy", isStackNamed: isNamed });
      const { undeployAll } = await import("./undeploy.ts");
      await undeployAll(session, {
        stack: options.stack,
        isSure: options.yes ?? false,
        stopsRuns: options.stopRuns ?? false,
      });
    });
  program
    .command("revoke-tokens")
    .description("make all tokens of the API void; everybody logs in again")
    .action(async (_: unknown, command: Command) => {
      const { revokeTokens } = await import("./revoke-tokens.ts");
      await revokeTokens(session, placesOf(session, command));
    });
}

/** By an option or by the environment; a bucket is named as well as a stack. */
function isStackNamed(command: Command, { bucket }: { readonly bucket?: string } = {}): boolean {
  return bucket !== undefined || command.getOptionValueSource("stack") !== "default";
}

function stackOption(): Option {
  return new Option("--stack <name>", "name of the deployment: that of its stack")
    .env("STEPWIND_STACK")
    .default("Stepwind");
}

function toSeconds(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a number of seconds from 0 to 9999.");
}
