// Task instances and gates in DynamoDB. A change of a task instance is one conditional write of one
// item that no index holds; a small return value is stored in the same item. Only larger XComs make
// it a transaction.
import type { TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { type LimitDemand, limitEffects, settleLimits } from "../../model/scheduling/limits.ts";
import type { TaskInstanceState } from "../../model/states.ts";
import type { Admission, TaskInstanceChange, TaskInstanceStore } from "../../ports/metadata.ts";
import { createInstanceListing } from "./instance-listing.ts";
import { instanceKey, keyIn, runIn, toKey } from "./keys.ts";
import type { KnownTasks } from "./known-tasks.ts";
import { limitActions } from "./limits.ts";
import {
  type Edit,
  edited,
  type Fields,
  fromItem,
  type Item,
  number,
  text,
  toEdit,
} from "./table/attributes.ts";
import { type Condition, isUnchanged } from "./table/conditions.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";
import { editOfReturnValue, toXComItem } from "./xcoms.ts";

const FIELDS: Fields<Omit<TaskInstanceRecord, keyof TaskInstanceKey>> = {
  state: "text",
  tryNumber: "number",
  maxTries: "number",
  startDate: "text",
  endDate: "text",
  nextRetryAt: "text",
  rescheduleDate: "text",
  pokes: "number",
  firstPokeAt: "text",
  pokedAt: "text",
  pokedBy: "text",
  isRunChanged: "json",
  wait: "json",
  wakeAt: "text",
  begunBy: "text",
  callId: "text",
  token: "text",
  heldAt: "text",
  limits: "json",
  waiter: "json",
  freed: "json",
  resumesTry: "json",
  pausedAt: "text",
  lookedAt: "text",
  message: "text",
  renderedFields: "json",
  assetEvents: "json",
  skips: "json",
  note: "text",
  tries: "json",
  lengths: "json",
  renderedMapIndex: "text",
  mapping: "json",
};

/** The part of the metadata that keeps the task instances. */
export function createTaskInstances(
  table: DynamoDbTable,
  knownTasks: KnownTasks,
): TaskInstanceStore {
  const listInstances = createInstanceListing(table);

  async function rememberTask({ key, from, tryNumber = 0 }: TaskInstanceChange): Promise<void> {
    if (from.includes(null) && tryNumber === 0) await knownTasks.remember(key.dagId, key.taskId);
  }

  return {
    async get(key) {
      const item = await table.get(instanceKey("task", key));
      return item && toRecord(key, item);
    },
    async getAll(keys) {
      // DynamoDB refuses a batch that names an item twice.
      const unique = new Map(
        keys.map((key) => instanceKey("task", key)).map((key) => [`${key.pk} ${key.sk}`, key]),
      );
      const items = await table.getAll([...unique.values()]);
      return items.map((item) => toRecord(keyIn(runIn(item), item), item));
    },
    async list(query) {
      const items = await listInstances("task", query);
      return items.map((item) => toRecord(keyIn(query, item), item));
    },
    async update(change) {
      const { key, from } = change;
      if (from.length === 0) return undefined;
      await rememberTask(change);
      const together = editOf(change);
      if (together.xcoms.length === 0 && !concernsLimits(change)) {
        const { isWritten, item } = await table.update(
          instanceKey("task", key),
          together.edit,
          asWanted(change),
        );
        if (isWritten) return item && toRecord(key, item);
        // Only an instance that claims slots has them, and its limits change with its state.
        if (!item?.limits) return undefined;
      }
      const made = await changeTogether(table, change, together);
      return made.kind === "admitted" ? made.record : undefined;
    },
    async admit(change, demands) {
      if (change.from.length === 0) return REFUSED;
      await rememberTask(change);
      return changeTogether(table, change, { ...editOf(change), demands });
    },
    // An index of all instances would cost each task a write more.
    find: async () => undefined,
    isKnown: knownTasks.has,
  };
}

/** What is written with an instance. */
interface Together {
  readonly edit: Edit;
  readonly xcoms: readonly Item[];
  readonly demands: readonly LimitDemand[];
}

const REFUSED = { kind: "refused" } as const satisfies Admission;

/**
 * Writes the whole item together with its XComs and its limits; does it again if someone was
 * faster.
 */
async function changeTogether(
  table: DynamoDbTable,
  change: TaskInstanceChange,
  { edit, xcoms, demands }: Together,
): Promise<Admission> {
  const { key, from, tryNumber, pokes, set } = change;
  for (;;) {
    const stored = await table.get(instanceKey("task", key));
    const present = toRecord(key, stored ?? {});
    if (!from.includes(present.state)) return REFUSED;
    if (tryNumber !== undefined && tryNumber !== present.tryNumber) return REFUSED;
    if (pokes !== undefined && pokes !== (present.pokes ?? 0)) return REFUSED;
    const changed = edited(stored ?? toKey(instanceKey("task", key)), edit);
    const settled = settleLimits(present, set);
    const item = settled ? edited(changed, toEdit(FIELDS, settled)) : changed;
    const record = toRecord(key, item);
    const limits = limitActions(key, limitEffects(present, record), demands);
    const refused = await table.transact([
      { put: item, condition: isUnchanged(stored) },
      ...xcoms.map((put) => ({ put })),
      ...limits.map(({ action }) => action),
    ]);
    if (refused.length === 0) return { kind: "admitted", record };
    if (refused.includes(0)) continue;
    const full = limits[(refused[0] ?? 0) - 1 - xcoms.length];
    if (full) return { kind: "full", limit: full.limit };
  }
}

function editOf({ set, xcoms = [] }: TaskInstanceChange): Together {
  const fields = toEdit(FIELDS, set);
  const returnValue = editOfReturnValue(xcoms);
  const edit = {
    set: { ...fields.set, ...returnValue.set },
    remove: [...fields.remove, ...returnValue.remove],
  };
  return { edit, xcoms: returnValue.apart.map(toXComItem), demands: [] };
}

function concernsLimits({ set }: TaskInstanceChange): boolean {
  return set.limits !== undefined || "waiter" in set;
}

/** None is kept as no state at all, and a missing number of tries or of pokes counts as 0. */
function asWanted({ from, tryNumber, pokes, set }: TaskInstanceChange): Condition {
  const values: Record<string, Item[string]> = {};
  const names = from
    .filter((state): state is TaskInstanceState => state !== null)
    .map((state, index) => {
      values[`:from${index}`] = text(state);
      return `:from${index}`;
    });
  const wanted = [
    ...(from.includes(null) ? ["attribute_not_exists(#state)"] : []),
    ...(names.length > 0 ? [`#state IN (${names.join(", ")})`] : []),
  ];
  const texts = [`(${wanted.join(" OR ")})`];
  const fields = ["state"];
  for (const [name, count] of Object.entries({ tryNumber, pokes })) {
    if (count === undefined) continue;
    fields.push(name);
    // The values to write have the names of their fields.
    values[`:present_${name}`] = number(count);
    const isCount = `#${name} = :present_${name}`;
    texts.push(count === 0 ? `(attribute_not_exists(#${name}) OR ${isCount})` : isCount);
  }
  if ("state" in set) {
    texts.push("attribute_not_exists(#limits)");
    fields.push("limits");
  }
  return { text: texts.join(" AND "), names: fields, values };
}

function toRecord(
  { dagId, runId, taskId, mapIndex }: TaskInstanceKey,
  item: Item,
): TaskInstanceRecord {
  const key = { dagId, runId, taskId, mapIndex };
  return { ...key, ...NEW, ...fromItem(FIELDS, item) };
}

/** What a record has where its item has nothing. */
const NEW = { state: null, tryNumber: 0, maxTries: 0, tries: [] } as const;
