// What is kept of DAGs' runs in DynamoDB: an item per DAG, written after the DAG or the run, since
// runs of a DAG that end together would conflict over it in their transactions. The index has the
// items in the order of their changes.
import type { DagRecord } from "../../../model/records.ts";
import {
  concernsActivity,
  type DagActivity,
  NO_ACTIVITY,
  noteRun,
  packActivity,
  type RunChanged,
  unpackActivity,
} from "../../../model/summaries/dag-activity.ts";
import { toIso } from "../../../model/values/time.ts";
import type { Clock } from "../../../ports/platform.ts";
import type { DagState, DagStateStore } from "../../../ports/states/dag-states.ts";
import { type ItemKey, joinKey, PARTITIONS, splitKey, toKey } from "../keys.ts";
import { type Item, number, pack, text, unpack } from "../table/attributes.ts";
import { type Condition, isUnchanged } from "../table/conditions.ts";
import { RUN_INDEX, TIME_TO_LIVE } from "../table/table.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";
import { followPlace, isPlace, parsePlace, placeAt } from "./changes-place.ts";

/** Partition of the index that has the DAGs in the order of their changes. */
const CHANGES = "dag-changes";
const STATES = "dag-states";

/** The part of the metadata that keeps what lists say of DAGs. */
export function createDagStates(table: DynamoDbTable, clock: Pick<Clock, "now">): DagStateStore {
  return {
    async list() {
      const [dags, states] = await Promise.all([
        table.query({ pk: PARTITIONS.dags }),
        table.query({ pk: STATES, isEventual: true }),
      ]);
      return join(dags, states);
    },
    async getAll(dagIds) {
      const keys = dagIds.flatMap((dagId) => [{ pk: PARTITIONS.dags, sk: dagId }, keyOfDag(dagId)]);
      const items = await table.getAll(keys);
      const isDag = (item: Item) => item.pk?.S === PARTITIONS.dags;
      return join(
        items.filter(isDag),
        items.filter((item) => !isDag(item)),
      );
    },
    async listChanged(place) {
      const known = place === undefined ? placeAt(clock.now()) : parsePlace(place);
      const found = await table.query({ ...IN_INDEX, where: { after: known.from } });
      const changed = followPlace(known, changesIn(found));
      // Without a place, what was found is what has changed before.
      return place === undefined ? { ...changed, dagIds: [] } : changed;
    },
    isPlace,
  };
}

const IN_INDEX = { pk: CHANGES, index: RUN_INDEX } as const;

function changesIn(items: readonly Item[]) {
  return items.map(({ runsSk }) => {
    const key = runsSk?.S ?? "";
    const [at = "", dagId = ""] = splitKey(key);
    return { key, at, dagId };
  });
}

export interface DagStateWriter {
  /** The DAG's record has changed, or is gone. */
  touch(dagId: string): Promise<void>;
  /** A run was made, changed or removed. `build` works out what was never kept. */
  noteRun(change: RunChanged, build: (dagId: string) => Promise<DagActivity>): Promise<void>;
  /** The DAG is removed with its runs. */
  forget(dagId: string): Promise<void>;
}

export function createDagStateWriter(table: DynamoDbTable, clock: Clock): DagStateWriter {
  const place = (dagId: string) => ({
    runsPk: text(CHANGES),
    runsSk: text(joinKey([toIso(clock.now()), dagId])),
  });
  const toItem = (dagId: string, activity: DagActivity): Item => ({
    ...toKey(keyOfDag(dagId)),
    ...place(dagId),
    activity: pack(packActivity(activity)),
  });
  return {
    async touch(dagId) {
      await table.update(keyOfDag(dagId), { set: place(dagId), remove: [TIME_TO_LIVE] }, ANY);
    },
    async noteRun(change, build) {
      const dagId = (change.after ?? change.before)?.dagId;
      if (dagId === undefined || !concernsActivity(change)) return;
      for (let attempt = 0; ; attempt += 1) {
        // Many runs of a DAG may end at once.
        if (attempt > 1) await clock.sleep(Math.random() * Math.min(attempt, 20) * WAIT_MS);
        const stored = await table.get(keyOfDag(dagId));
        const activity = stored?.activity
          ? noteRun(toActivity(stored), change)
          : await build(dagId);
        const { isWritten } = await table.put(toItem(dagId, activity), isUnchanged(stored));
        if (isWritten) return;
      }
    },
    async forget(dagId) {
      const expiresAt = number(Math.floor(clock.now() / 1_000) + GONE_SECONDS);
      await table.put({ ...toItem(dagId, NO_ACTIVITY), [TIME_TO_LIVE]: expiresAt });
    },
  };
}

/** For so long whoever follows the changes learns that a DAG is gone. */
const GONE_SECONDS = 86_400;

/** Before another attempt, ms, times the attempts. */
const WAIT_MS = 20;

/** Holds whether there is an item or not. */
const ANY: Condition = {
  text: "attribute_exists(#pk) OR attribute_not_exists(#pk)",
  names: ["pk"],
};

function keyOfDag(dagId: string): ItemKey {
  return { pk: STATES, sk: dagId };
}

function join(dags: readonly Item[], states: readonly Item[]): readonly DagState[] {
  const byId = new Map(states.map((item) => [item.sk?.S, item]));
  return dags.map((item) => {
    const dag: DagRecord = JSON.parse(unpack(item.record));
    return { dag, activity: toActivity(byId.get(dag.dagId)) };
  });
}

function toActivity(item: Item | undefined): DagActivity {
  return item?.activity ? unpackActivity(unpack(item.activity)) : NO_ACTIVITY;
}
