// ARNs of state machines and of their executions, made from ids: the current one, and that of
// Stepwind 0.1, whose machines are there until their version is removed.
import { executionName, stateMachineName } from "../model/ids.ts";
import type { ExecutionInput, VersionName } from "../ports/state-machines.ts";
import { toOldPrefix } from "./resource-names.ts";

/** What tells the machines of deployments apart. */
export interface MachinePrefix {
  /** What names of machines begin with; at most 50 letters, digits, "-" and "_". */
  readonly prefix: string;
  /** ARN of a machine up to the end of that prefix. */
  readonly arnPrefix: string;
}

/** The ARN of the version's machine. */
export function machineArnOf({ prefix, arnPrefix }: MachinePrefix, version: VersionName): string {
  const name = stateMachineName(version.dagId, version.hash, prefix);
  return arnPrefix + name.slice(prefix.length);
}

/** The ARN of the run's execution on the version's machine. */
export function executionArnOf(
  machines: MachinePrefix,
  version: VersionName,
  input: ExecutionInput,
): string {
  const machineArn = machineArnOf(machines, version);
  return `${machineArn.replace(":stateMachine:", ":execution:")}:${executionName(input)}`;
}

/** The names of Stepwind 0.1; undefined where they are the current ones. */
export function toOldMachines({ prefix, arnPrefix }: MachinePrefix): MachinePrefix | undefined {
  const old = toOldPrefix(prefix);
  if (old === undefined) return undefined;
  return { prefix: old, arnPrefix: arnPrefix.slice(0, -prefix.length) + old };
}

/** The current names, then those of Stepwind 0.1. */
export function everyMachinePrefix(machines: MachinePrefix): readonly MachinePrefix[] {
  const old = toOldMachines(machines);
  return old ? [machines, old] : [machines];
}
