// State machines that wait to be made. Step Functions makes one a second, so of thousands of DAGs
// that are uploaded at once most wait for their turn here, over as many calls as it takes. A run
// that starts before that has its machine made at once.
import { type CompileOptions, compile } from "../../compiler/compile.ts";
import { versionsWithMachine } from "../../model/scheduling/version-retention.ts";
import type { PendingMachineRecord } from "../../model/upkeep/records.ts";
import type { Metadata } from "../../ports/metadata.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import type { VersionName } from "../../ports/state-machines.ts";

/**
 * Machines a second. Step Functions quotas: CreateStateMachine once a second; the rest is for runs
 * that start and have no machine yet.
 */
export const MACHINES_PER_SECOND = 0.8;

export interface PendingOptions extends CompileOptions {
  /** Epoch ms after which no further machine is begun. */
  readonly until: number;
}

/** The note is made before the version is recorded, so for so long it may be of none. */
const GRACE_MS = 15 * 60_000;

/** Of the version's note. */
export function pendingMachineKey({ dagId, hash }: VersionName): string {
  return `${dagId}/${hash}`;
}

/** Notes that the version's machine is to be made. */
export function toPendingMachine(version: VersionName, now: number): PendingMachineRecord {
  const { dagId, hash } = version;
  const requestedAt = new Date(now).toISOString();
  return { key: pendingMachineKey(version), dagId, hash, requestedAt };
}

/**
 * Makes machines until none is pending or the time is up; answers how many it has made. What fails
 * stays pending and keeps no other from its turn.
 */
export async function makePendingMachines(
  platform: Pick<Platform, "metadata" | "stateMachines" | "clock" | "report">,
  { until, functions }: PendingOptions,
): Promise<number> {
  const { metadata, clock, report } = platform;
  let made = 0;
  for await (const pending of itemsOf(metadata.pendingMachines.list)) {
    if (clock.now() >= until) return made;
    try {
      if (await makeOne(platform, pending, { until, functions })) made += 1;
    } catch (problem) {
      const { dagId, hash } = pending;
      report.error(
        `The state machine of version ${hash} of DAG "${dagId}" could not be made: ${String(problem)}`,
      );
    }
  }
  return made;
}

/** False if the time was up, or nobody needs the machine any more. */
async function makeOne(
  { metadata, stateMachines, clock }: Pick<Platform, "metadata" | "stateMachines" | "clock">,
  { key, dagId, hash, requestedAt }: PendingMachineRecord,
  { until, functions }: PendingOptions,
): Promise<boolean> {
  const [version, dag] = await Promise.all([
    metadata.versions.get(dagId, hash),
    metadata.dags.get(dagId),
  ]);
  if (!version || !dag || dag.isStale || !versionsWithMachine(dag).includes(hash)) {
    const isOld = Date.parse(requestedAt) + GRACE_MS <= clock.now();
    if (isOld) await metadata.pendingMachines.delete(key);
    return false;
  }
  const { definition } = compile(version.document, { functions });
  for (;;) {
    const isMade = await stateMachines.publish({ dagId, hash, definition });
    if (isMade) await metadata.pendingMachines.delete(key);
    await clock.sleep(1_000 / MACHINES_PER_SECOND);
    if (isMade) return true;
    if (clock.now() >= until) return false;
  }
}

/** How many machines wait, and about how many seconds it takes to make them. */
export async function countPendingMachines(
  metadata: Pick<Metadata, "pendingMachines">,
): Promise<{ readonly count: number; readonly seconds: number }> {
  let count = 0;
  for await (const _ of itemsOf(metadata.pendingMachines.list)) count += 1;
  return { count, seconds: count / MACHINES_PER_SECOND };
}
