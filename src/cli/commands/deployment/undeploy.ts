// stepwind undeploy: takes all DAGs off a deployment, so that its stack can go and leave nothing
// behind.

import type { Stray } from "../../../aws/deployment/strays.ts";
import { RequestRefused } from "../../../services/request-refused.ts";
import type { Session } from "../../session.ts";
import { confirm } from "../../terminal/confirm.ts";
import { Failure } from "../../terminal/failure.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { countOf } from "../../terminal/text.ts";

export interface UndeployCommand {
  readonly stack: string;
  /** Whether nobody is asked. */
  readonly isSure: boolean;
  readonly stopsRuns: boolean;
}

export async function undeployAll(
  { terminal, paint }: Session,
  { stack, isSure, stopsRuns }: UndeployCommand,
): Promise<void> {
  const { removeStray, undeployFromAws } = await import("../../../aws/deployment/undeploy.ts");
  const agree = async () => {
    const question = `Take all DAGs off deployment "${stack}"? Their history and files stay. [y/N] `;
    if (isSure || (await confirm(question))) return;
    throw new Failure(`Deployment "${stack}" is left as it is`, {
      hint: "Answer y, or give --yes",
    });
  };
  const done = await undeployFromAws(stack, { stopsRuns, agree }).catch(async (error: unknown) => {
    if (error instanceof Error && error.name === "DeploymentNotFound") {
      const stray = await removeStray(stack, { agree });
      if (stray) return { stray };
    }
    if (!(error instanceof RequestRefused)) throw error;
    const hint = "Wait for their end, or let them fail with --stop-runs";
    throw new Failure(error.message, { hint, cause: error });
  });
  if (done === undefined) {
    terminal.err(
      `The table of deployment "${stack}" is gone: what its DAGs have left is unknown\n`,
    );
    return;
  }
  if ("stray" in done) {
    showStray(terminal, stack, done.stray);
    return;
  }
  if (done.stoppedRuns > 0) {
    terminal.err(`${paint.yellow("stopped")} ${countOf(done.stoppedRuns, "run")}\n`);
  }
  const machines = countOf(done.versions, "state machine");
  terminal.out(
    `${countOf(done.dags, "DAG")} taken off ${stack}: ${machines} and all schedules are gone\n`,
  );
}

/** Table and buckets hold what can't be made again, so a person removes them. */
function showStray(terminal: Terminal, stack: string, stray: Stray): void {
  const { table, buckets, stateMachines } = stray;
  const machines = countOf(stateMachines.length, "state machine");
  terminal.out(`The functions of ${stack} are gone; ${machines} of it removed\n`);
  const kept = [
    ...(table === undefined ? [] : [`table ${table}`]),
    ...buckets.map((name) => `bucket ${name}`),
  ];
  if (kept.length === 0) return;
  terminal.err(
    `Left, with its history: ${kept.join(", ")}. Delete what you don't need in the console\n`,
  );
}
