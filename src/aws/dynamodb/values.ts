// Task states and variables in DynamoDB.
import type { VariableRecord } from "../../model/records.ts";
import type { ValueStore } from "../../ports/metadata.ts";
import { toPage } from "../../ports/pages.ts";
import { type Item, text, unpack } from "./attributes.ts";
import { listRows, toRow } from "./dags.ts";
import { instanceKey, PARTITIONS } from "./keys.ts";
import { type DynamoDbTable, IS_ABSENT, toKey } from "./table-calls.ts";

const { variables: VARIABLES } = PARTITIONS;

/** The part of the metadata that keeps the values of tasks and users, but XComs. */
export function createValues(
  table: DynamoDbTable,
): Omit<ValueStore, "putXCom" | "getXCom" | "listXComs" | "deleteXComs"> {
  return {
    async getTaskState(key, name) {
      const item = await table.get(instanceKey("state", key, name));
      return item?.value?.S;
    },
    async putTaskState(key, name, value) {
      const at = instanceKey("state", key, name);
      if (value === undefined) await table.remove(at);
      else await table.put({ ...toKey(at), value: text(value) });
    },
    async replaceTaskState(key, name, { from, to }) {
      const item = { ...toKey(instanceKey("state", key, name)), value: text(to) };
      const { isWritten } = await table.put(
        item,
        from === undefined
          ? IS_ABSENT
          : { text: "#value = :from", names: ["value"], values: { ":from": text(from) } },
      );
      return isWritten;
    },

    async getVariable(key) {
      const item = await table.get({ pk: VARIABLES, sk: key });
      return item && toVariable(item);
    },
    async putVariable(variable) {
      await table.put(toRow(VARIABLES, variable.key, variable));
    },
    deleteVariable: (key) => table.remove({ pk: VARIABLES, sk: key }),
    async listVariables(page) {
      const { rows, rowLimit } = await listRows(table, VARIABLES, page);
      return toPage(rows.map(toVariable), { rowLimit, keyOf: ({ key }) => [key] });
    },
  };
}

function toVariable(item: Item): VariableRecord {
  return JSON.parse(unpack(item.record));
}
