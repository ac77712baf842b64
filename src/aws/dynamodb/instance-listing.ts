// Reads items of several tasks of a run in DynamoDB. A query costs by the KB that it passes over,
// so tasks that lie near each other are cheapest read as one range; in a large DAG, where they
// don't, each is read by itself.

import { RecentMap } from "../../model/values/recent-map.ts";
import {
  compareKeys,
  endOf,
  type InstancePart,
  keyOf,
  parseInstanceKey,
  runPartition,
  taskPrefix,
} from "./keys.ts";
import type { Item } from "./table/attributes.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

export interface TasksOfRun {
  readonly dagId: string;
  readonly runId: string;
  /** Absent: all tasks. */
  readonly taskIds?: readonly string[];
}

/** Items, about 400 bytes each, that a range may hold per task asked for: about one read unit. */
const ITEMS_PER_TASK = 8;
/** DAGs remembered at a time. */
const REMEMBERED_DAGS = 1_000;

/** Returns a function that reads all items of one part, of all map indexes. */
export function createInstanceListing(table: DynamoDbTable) {
  /** DAGs in which ranges turned out to hold too much else. */
  const large = new RecentMap<string, true>(REMEMBERED_DAGS);

  return async function list(
    part: InstancePart,
    { dagId, runId, taskIds }: TasksOfRun,
  ): Promise<readonly Item[]> {
    const pk = runPartition(dagId, runId);
    if (taskIds === undefined) return table.query({ pk, where: { begins: `${part}#` } });
    const wanted = [...new Set(taskIds)]
      .map((taskId) => taskPrefix(part, taskId))
      .sort(compareKeys);
    const [first, ...more] = wanted;
    if (first === undefined) return [];
    const found: Item[] = [];
    let open: readonly string[] = wanted;
    if (more.length > 0 && !large.get(dagId)) {
      const page = await table.queryPage({
        pk,
        where: { between: [first, endOf(more.at(-1) ?? first)] },
        limit: ITEMS_PER_TASK * wanted.length,
      });
      const { next } = page;
      open =
        next === undefined ? [] : wanted.filter((prefix) => compareKeys(endOf(prefix), next) > 0);
      const left = new Set(open);
      const done = new Set(wanted.filter((prefix) => !left.has(prefix)));
      found.push(...page.items.filter((item) => done.has(prefixOf(part, item))));
      if (open.length > 0 || page.readUnits > wanted.length) {
        large.set(dagId, true);
      }
    }
    const apart = await Promise.all(open.map((begins) => table.query({ pk, where: { begins } })));
    return [...found, ...apart.flat()];
  };
}

function prefixOf(part: InstancePart, item: Item): string {
  return taskPrefix(part, parseInstanceKey(keyOf(item).sk).taskId);
}
