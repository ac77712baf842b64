// Status-change events of executions, as EventBridge delivers them. A deployment may get those of
// another one, or of a state machine that isn't Stepwind's: the names that Stepwind 0.1 gave to
// machines are told apart by their beginning only. So each event is held against the ARN that the
// run's execution has here.
import type { RunStore } from "../ports/metadata.ts";
import type { ExecutionInput } from "../ports/state-machines.ts";
import { parseExecutionInput } from "../services/engine-events.ts";
import { everyMachineName, executionArnOf, type MachineNames } from "./machine-arns.ts";

/** What the event says of the execution. */
export interface ExecutionDetail {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  /** JSON text. */
  readonly input: string;
}

/**
 * What the execution was started with, if it is that of a run of this deployment; undefined for any
 * other. Throws when a machine with this deployment's own prefix was started with anything else
 * than a run.
 */
export async function ownExecution(
  { executionArn, stateMachineArn, input: text }: ExecutionDetail,
  { runs, machines }: { readonly runs: Pick<RunStore, "get">; readonly machines: MachineNames },
): Promise<ExecutionInput | undefined> {
  const isOurs = stateMachineArn.startsWith(machines.arnPrefix);
  const input = isOurs ? parseExecutionInput(text) : parseForeign(text);
  const run = input && (await runs.get(input.dagId, input.runId));
  if (!run) return undefined;
  const version = { dagId: run.dagId, hash: run.versionHash };
  const arns = everyMachineName(machines).map((each) => executionArnOf(each, version, input));
  return arns.includes(executionArn) ? input : undefined;
}

/** Undefined for an input that no version of Stepwind has made. */
function parseForeign(text: string): ExecutionInput | undefined {
  try {
    return parseExecutionInput(text);
  } catch {
    return undefined;
  }
}
