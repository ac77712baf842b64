// Versions that were live before: their machines are kept until nothing can be using them any more.
import type { DagRecord, DagRunRecord, SupersededVersion } from "../records.ts";

/**
 * How long a version must have been seen without a run. Whoever has read a DAG may make a run of
 * the version read for so long, as a function lives 15 minutes at most (Lambda quotas); and an
 * execution is still going on when it tells of its run's end.
 */
const GRACE_MS = 15 * 60_000;

/** The DAG's list when the version `hash` takes the place of the live one. */
export function supersede(
  { versionHash, superseded = [] }: Pick<DagRecord, "versionHash" | "superseded">,
  hash: string,
): readonly SupersededVersion[] {
  const others = superseded.filter((each) => each.hash !== hash && each.hash !== versionHash);
  return versionHash === hash ? others : [...others, { hash: versionHash }];
}

export interface Unused {
  /**
   * Hashes of versions whose machines nobody needs. A run that is cleared later has its machine
   * made again.
   */
  readonly unused: readonly string[];
  /** The list as it is to be when those are gone. */
  readonly kept: readonly SupersededVersion[];
  /** When to look again if no run ends before, epoch ms. */
  readonly lookAgainAt?: number;
}

/**
 * Looks at the versions of a DAG other than the live one, by the queued and running runs that there
 * are now.
 */
export function findUnused(
  { versionHash, superseded = [] }: Pick<DagRecord, "versionHash" | "superseded">,
  {
    activeRuns,
    now,
  }: { readonly activeRuns: readonly Pick<DagRunRecord, "versionHash">[]; readonly now: number },
): Unused {
  const used = new Set(activeRuns.map((run) => run.versionHash));
  used.delete(versionHash);
  const hashes = new Set([...superseded.map(({ hash }) => hash), ...used]);
  const unused: string[] = [];
  const kept: SupersededVersion[] = [];
  const ends: number[] = [];
  for (const hash of hashes) {
    if (used.has(hash)) {
      kept.push({ hash });
      continue;
    }
    const idle = superseded.find((each) => each.hash === hash)?.idleSince;
    const idleSince = idle ?? new Date(now).toISOString();
    const end = Date.parse(idleSince) + GRACE_MS;
    if (end <= now) {
      unused.push(hash);
    } else {
      kept.push({ hash, idleSince });
      ends.push(end);
    }
  }
  return { unused, kept, ...(ends.length > 0 ? { lookAgainAt: Math.min(...ends) } : {}) };
}

/** Hashes of all versions of the DAG that may have a machine. */
export function versionsWithMachine({
  versionHash,
  superseded = [],
}: Pick<DagRecord, "versionHash" | "superseded">): readonly string[] {
  return [versionHash, ...superseded.map(({ hash }) => hash)];
}
