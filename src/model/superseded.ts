// Versions that were live before: until nothing can start a run on them any more their machines are kept.
import type { DagRecord, DagRunRecord, SupersededVersion } from "./records.ts";

/**
 * Whoever has read a DAG may make a run of the version read for so long: a function lives 15 minutes at most (Lambda
 * quotas).
 */
const GRACE_MS = 15 * 60_000;

/** The DAG's list when the version `hash` takes the place of the live one. */
export function supersede(
  { versionHash, superseded = [] }: Pick<DagRecord, "versionHash" | "superseded">,
  { hash, at }: SupersededVersion,
): readonly SupersededVersion[] {
  const others = superseded.filter((each) => each.hash !== hash && each.hash !== versionHash);
  return versionHash === hash ? others : [...others, { hash: versionHash, at }];
}

export interface Unused {
  /** Versions whose machines nobody needs. A run that is cleared later has its machine made again. */
  readonly unused: readonly SupersededVersion[];
  readonly kept: readonly SupersededVersion[];
  /** When to look again if no run ends before, epoch ms. */
  readonly lookAgainAt?: number;
}

/** Of the superseded versions, those that no queued or running run is on. */
export function findUnused(
  superseded: readonly SupersededVersion[],
  {
    activeRuns,
    now,
  }: { readonly activeRuns: readonly Pick<DagRunRecord, "versionHash">[]; readonly now: number },
): Unused {
  const used = new Set(activeRuns.map(({ versionHash }) => versionHash));
  const idle = superseded.filter(({ hash }) => !used.has(hash));
  const endOfGrace = ({ at }: SupersededVersion) => Date.parse(at) + GRACE_MS;
  const unused = idle.filter((each) => endOfGrace(each) <= now);
  const waiting = idle.filter((each) => endOfGrace(each) > now).map(endOfGrace);
  return {
    unused,
    kept: superseded.filter((each) => !unused.includes(each)),
    ...(waiting.length > 0 ? { lookAgainAt: Math.min(...waiting) } : {}),
  };
}
