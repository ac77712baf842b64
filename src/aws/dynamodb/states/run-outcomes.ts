// Outcomes of runs that have ended, in DynamoDB: an item in the run's partition, with which it
// goes.
import type { RunOutcomeRecord } from "../../../model/summaries/run-outcome.ts";
import type { RunOutcomeStore } from "../../../ports/states/dag-states.ts";
import { runIn, runPartition, toKey } from "../keys.ts";
import { type Item, pack, unpack } from "../table/attributes.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";

/** The part of the metadata that keeps the outcomes of runs. */
export function createRunOutcomes(table: DynamoDbTable): RunOutcomeStore {
  return {
    async put({ dagId, runId, ...outcome }) {
      await table.put({
        ...toKey(keyOfRun(dagId, runId)),
        record: pack(JSON.stringify(outcome)),
      });
    },
    async getAll(dagId, runIds) {
      const items = await table.getAll([...new Set(runIds)].map((runId) => keyOfRun(dagId, runId)));
      return items.map(toOutcome);
    },
    delete: (dagId, runId) => table.remove(keyOfRun(dagId, runId)),
  };
}

function keyOfRun(dagId: string, runId: string) {
  return { pk: runPartition(dagId, runId), sk: "outcome" };
}

function toOutcome(item: Item): RunOutcomeRecord {
  return { ...runIn(item), ...JSON.parse(unpack(item.record)) };
}
