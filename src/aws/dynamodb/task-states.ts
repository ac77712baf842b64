// Values that task instances keep across their tries, in DynamoDB.
import type { TaskStateEntry, TaskStateStore } from "../../ports/task-states.ts";
import { compareKeys, instanceKey, parseInstanceKey, splitKey, taskPrefix, toKey } from "./keys.ts";
import { type Item, number, text } from "./table/attributes.ts";
import { IS_ABSENT } from "./table/conditions.ts";
import { TIME_TO_LIVE } from "./table/table.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** The part of the metadata that keeps values across tries. */
export function createTaskStates(table: DynamoDbTable): TaskStateStore {
  return {
    async get(key, name) {
      const item = await table.get(instanceKey("state", key, name));
      return item?.value?.S;
    },
    async find(key, name) {
      const item = await table.get(instanceKey("state", key, name));
      return item && toEntry(item);
    },
    async list({ mapIndex, ...task }) {
      const { pk, sk } = instanceKey("state", { ...task, mapIndex: mapIndex ?? 0 }, "");
      const begins = mapIndex === undefined ? taskPrefix("state", task.taskId) : sk;
      const entries = (await table.query({ pk, where: { begins } })).map(toEntry);
      return entries.sort((a, b) => a.mapIndex - b.mapIndex || compareKeys(a.name, b.name));
    },
    async put(key, name, value, { updatedAt, expiresAt } = {}) {
      const at = instanceKey("state", key, name);
      if (value === undefined) {
        await table.remove(at);
        return;
      }
      await table.put({
        ...toKey(at),
        name: text(name),
        value: text(value),
        ...(updatedAt === undefined ? {} : { updatedAt: text(updatedAt) }),
        ...(expiresAt === undefined ? {} : expiring(expiresAt)),
      });
    },
    async replace(key, name, { from, to }) {
      const at = toKey(instanceKey("state", key, name));
      const item = { ...at, name: text(name), value: text(to) };
      const { isWritten } = await table.put(
        item,
        from === undefined
          ? IS_ABSENT
          : { text: "#value = :from", names: ["value"], values: { ":from": text(from) } },
      );
      return isWritten;
    },
  };
}

/** DynamoDB removes it some time after that. */
function expiring(expiresAt: string): Item {
  const second = Math.ceil(Date.parse(expiresAt) / 1_000);
  return { until: text(expiresAt), [TIME_TO_LIVE]: number(second) };
}

/** Earlier releases stored the name in the key alone. */
function toEntry(item: Item): TaskStateEntry {
  const sk = item.sk?.S ?? "";
  const { updatedAt, until } = item;
  return {
    mapIndex: parseInstanceKey(sk).mapIndex,
    name: item.name?.S ?? splitKey(sk)[3] ?? "",
    value: item.value?.S ?? "",
    ...(updatedAt?.S === undefined ? {} : { updatedAt: updatedAt.S }),
    ...(until?.S === undefined ? {} : { expiresAt: until.S }),
  };
}
