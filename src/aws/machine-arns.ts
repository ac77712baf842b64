// ARNs of state machines and of their executions, made from ids: the current one, that of the other
// isolation, which a deployment may have had before, and that of Stepwind 0.1. Older machines are
// there until their version is removed.
import { executionName, stateMachineName } from "../model/ids.ts";
import type { ExecutionInput, VersionName } from "../ports/state-machines.ts";
import { toOldPrefix } from "./resource-names.ts";

/** What tells apart the machines of deployments, and those that a deployment has made of a version. */
export interface MachineNames {
  /** What names of machines begin with; at most 50 letters, digits, "-" and "_". */
  readonly prefix: string;
  /** ARN of a machine up to the end of that prefix. */
  readonly arnPrefix: string;
  /** Whether their tasks run apart from the worker; false when absent. */
  readonly isIsolated?: boolean;
}

/** No hexadecimal digit, so that no hash begins with it. */
const ISOLATED = "i";

/** The ARN of the version's machine. */
export function machineArnOf(names: MachineNames, version: VersionName): string {
  return names.arnPrefix + machineNameOf(names, version).slice(names.prefix.length);
}

export function machineNameOf(
  { prefix, isIsolated = false }: MachineNames,
  { dagId, hash }: VersionName,
): string {
  return stateMachineName(dagId, isIsolated ? ISOLATED + hash : hash, prefix);
}

/** The ARN of the run's execution on the version's machine. */
export function executionArnOf(
  machines: MachineNames,
  version: VersionName,
  input: ExecutionInput,
): string {
  const machineArn = machineArnOf(machines, version);
  return `${machineArn.replace(":stateMachine:", ":execution:")}:${executionName(input)}`;
}

/** The current names, then those that machines of the version may have had before. */
export function everyMachineName(machines: MachineNames): readonly MachineNames[] {
  const { prefix, arnPrefix, isIsolated = false } = machines;
  const old = toOldPrefix(prefix);
  return [
    machines,
    { prefix, arnPrefix, isIsolated: !isIsolated },
    ...(old === undefined
      ? []
      : [{ prefix: old, arnPrefix: arnPrefix.slice(0, -prefix.length) + old }]),
  ];
}
