// DAG versions by hash: immutable, so each is read from the metadata once and kept while it is in
// use.

import type { DagVersionRecord } from "../../model/records.ts";
import { RecentMap } from "../../model/values/recent-map.ts";
import type { VersionStore } from "../../ports/metadata.ts";

/** The version as stored, with its gates as a set. */
export interface Version extends Omit<DagVersionRecord, "gates"> {
  readonly gates: ReadonlySet<string>;
}

export interface Versions {
  /** Throws when the version was never recorded: a run always names one that was. */
  get(dagId: string, hash: string): Promise<Version>;
}

const KEPT = 500;

/** A cache of the last few hundred versions over the store. */
export function createVersions(store: Pick<VersionStore, "get">): Versions {
  const kept = new RecentMap<string, Version>(KEPT);
  return {
    async get(dagId, hash) {
      const key = `${dagId}/${hash}`;
      const found = kept.get(key);
      if (found) return found;
      const record = await store.get(dagId, hash);
      if (!record) throw new Error(`Version ${hash} of DAG "${dagId}" is not in the metadata`);
      const version = { ...record, gates: new Set(record.gates) };
      kept.set(key, version);
      return version;
    },
  };
}
