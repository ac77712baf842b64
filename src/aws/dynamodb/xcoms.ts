// XComs in DynamoDB, each an item of its own, but for a small return value: that is stored in the
// item of its task instance, so that one write records both the end of the task and what it
// returned. It wins over an item of its own.
import type { TaskInstanceKey, XComRecord } from "../../model/records.ts";
import type { XComQuery, XComStore } from "../../ports/metadata.ts";
import {
  compareKeys,
  type InstancePart,
  instanceKey,
  instancePrefix,
  keyIn,
  keyOf,
  runPartition,
  toKey,
} from "./keys.ts";
import { type Edit, type Fields, fromItem, type Item, text, toEdit } from "./table/attributes.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** Airflow's key of what a task returned. */
const RETURN_VALUE = "return_value";
/**
 * Bytes of a return value up to which an item with it costs one read unit (4 KB) like any other
 * task instance.
 */
const SMALL_BYTES = 3_000;

type Content = Omit<XComRecord, keyof TaskInstanceKey | "key">;
const FIELDS: Fields<Content> = {
  value: "text",
  ref: "text",
  sizeBytes: "number",
  timestamp: "text",
};

/** The same fields in the item of a task instance. */
interface ReturnValue {
  readonly returnValue?: string;
  readonly returnRef?: string;
  readonly returnSizeBytes: number;
  readonly returnedAt: string;
}
const RETURN_FIELDS: Fields<ReturnValue> = {
  returnValue: "text",
  returnRef: "text",
  returnSizeBytes: "number",
  returnedAt: "text",
};
const NO_RETURN_VALUE: Edit = { set: {}, remove: Object.keys(RETURN_FIELDS) };

/** The part of the metadata that keeps XComs. */
export function createXComs(table: DynamoDbTable): XComStore {
  async function getReturnValue(key: TaskInstanceKey): Promise<XComRecord | undefined> {
    const item = await table.get(instanceKey("task", key));
    return item && fromInstance(key, item);
  }

  async function removeReturnValue(key: TaskInstanceKey): Promise<void> {
    const found = await getReturnValue(key);
    if (!found) return;
    // If it has been replaced meanwhile, the newer one stays.
    await table.update(instanceKey("task", key), NO_RETURN_VALUE, {
      text: "#returnedAt = :seen",
      names: ["returnedAt"],
      values: { ":seen": text(found.timestamp) },
    });
  }

  const itemsOf = (key: TaskInstanceKey) => {
    const { pk, sk } = instanceKey("xcom", key);
    return table.query({ pk, where: { begins: `${sk}#` } });
  };

  async function deleteNamed(key: TaskInstanceKey, name: string): Promise<void> {
    await table.remove(instanceKey("xcom", key, name));
    if (name === RETURN_VALUE) await removeReturnValue(key);
  }

  async function deleteOf(key: TaskInstanceKey): Promise<void> {
    const items = await itemsOf(key);
    await Promise.all([table.removeAll(items.map(keyOf)), removeReturnValue(key)]);
  }

  /** Those of a run or of one of its tasks. */
  async function listOfRun(query: XComQuery): Promise<readonly XComRecord[]> {
    const { dagId, runId, taskId } = query;
    const pk = runPartition(dagId, runId);
    const itemsOfPart = (part: InstancePart) =>
      table.query({ pk, where: { begins: instancePrefix(part, taskId) } });
    const [apart, instances] = await Promise.all([itemsOfPart("xcom"), itemsOfPart("task")]);
    const returned = instances.flatMap((item) => fromInstance(keyIn(query, item), item) ?? []);
    const isReturned = new Set(returned.map(placeOf));
    const others = apart
      .map((item) => toXCom(keyIn(query, item), item))
      .filter((xcom) => xcom.key !== RETURN_VALUE || !isReturned.has(placeOf(xcom)));
    return [...others, ...returned].sort(compareXComs);
  }

  return {
    async put(xcom) {
      await table.put(toXComItem(xcom));
      // Until here, one that is stored in the task instance is still the valid one.
      if (xcom.key === RETURN_VALUE) await removeReturnValue(xcom);
    },
    async get(key, name) {
      const small = name === RETURN_VALUE ? await getReturnValue(key) : undefined;
      if (small) return small;
      const item = await table.get(instanceKey("xcom", key, name));
      return item && toXCom(key, item);
    },
    async list(query) {
      const { taskId, mapIndex } = query;
      if (taskId === undefined || mapIndex === undefined) return listOfRun(query);
      const key: TaskInstanceKey = { ...query, taskId, mapIndex };
      const [items, small] = await Promise.all([itemsOf(key), getReturnValue(key)]);
      const xcoms = items.map((item) => toXCom(key, item));
      const all = small ? [...xcoms.filter((xcom) => xcom.key !== RETURN_VALUE), small] : xcoms;
      return all.sort(compareXComs);
    },
    async deleteRun(dagId, runId) {
      const xcoms = await listOfRun({ dagId, runId });
      const instances = new Map(xcoms.map((xcom) => [placeOf(xcom), pickKey(xcom)]));
      for (const key of instances.values()) await deleteOf(key);
    },
    delete: (key, name) => (name === undefined ? deleteOf(key) : deleteNamed(key, name)),
  };
}

/**
 * How the XComs change the item of their task instance, and which of them are to be items of their
 * own.
 */
export function editOfReturnValue(
  xcoms: readonly XComRecord[],
): Edit & { readonly apart: readonly XComRecord[] } {
  const returned = xcoms.find(({ key }) => key === RETURN_VALUE);
  if (!returned) return { set: {}, remove: [], apart: xcoms };
  const { value: returnValue, ref: returnRef, sizeBytes, timestamp } = returned;
  if (Buffer.byteLength(returnValue ?? returnRef ?? "") > SMALL_BYTES) {
    return { ...NO_RETURN_VALUE, apart: xcoms };
  }
  const edit = toEdit<ReturnValue>(RETURN_FIELDS, {
    ...(returnValue === undefined ? {} : { returnValue }),
    ...(returnRef === undefined ? {} : { returnRef }),
    returnSizeBytes: sizeBytes,
    returnedAt: timestamp,
  });
  const remove = NO_RETURN_VALUE.remove.filter((name) => !(name in edit.set));
  return { set: edit.set, remove, apart: xcoms.filter((xcom) => xcom !== returned) };
}

/** The item of an XCom that has one of its own. */
export function toXComItem(xcom: XComRecord): Item {
  const { set } = toEdit<Content>(FIELDS, xcom);
  return { ...toKey(instanceKey("xcom", xcom, xcom.key)), name: text(xcom.key), ...set };
}

function toXCom(key: TaskInstanceKey, item: Item): XComRecord {
  return { ...pickKey(key), key: item.name?.S ?? "", ...fromItem(FIELDS, item) };
}

function fromInstance(key: TaskInstanceKey, item: Item): XComRecord | undefined {
  if (item.returnedAt === undefined) return undefined;
  const { returnValue, returnRef, returnSizeBytes, returnedAt } = fromItem(RETURN_FIELDS, item);
  return {
    ...pickKey(key),
    key: RETURN_VALUE,
    ...(returnValue === undefined ? {} : { value: returnValue }),
    ...(returnRef === undefined ? {} : { ref: returnRef }),
    sizeBytes: returnSizeBytes,
    timestamp: returnedAt,
  };
}

function placeOf({ taskId, mapIndex }: TaskInstanceKey): string {
  return `${mapIndex} ${taskId}`;
}

function compareXComs(a: XComRecord, b: XComRecord): number {
  return compareKeys(a.taskId, b.taskId) || a.mapIndex - b.mapIndex || compareKeys(a.key, b.key);
}

function pickKey({ dagId, runId, taskId, mapIndex }: TaskInstanceKey): TaskInstanceKey {
  return { dagId, runId, taskId, mapIndex };
}
