// Values that task instances keep across their tries, in DynamoDB.
import type { TaskStateStore } from "../../ports/metadata.ts";
import { instanceKey, toKey } from "./keys.ts";
import { text } from "./table/attributes.ts";
import { IS_ABSENT } from "./table/conditions.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** The part of the metadata that keeps values across tries. */
export function createTaskStates(table: DynamoDbTable): TaskStateStore {
  return {
    async get(key, name) {
      const item = await table.get(instanceKey("state", key, name));
      return item?.value?.S;
    },
    async put(key, name, value) {
      const at = instanceKey("state", key, name);
      if (value === undefined) await table.remove(at);
      else await table.put({ ...toKey(at), value: text(value) });
    },
    async replace(key, name, { from, to }) {
      const item = { ...toKey(instanceKey("state", key, name)), value: text(to) };
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
