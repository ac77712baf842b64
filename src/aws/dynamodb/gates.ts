// Gates in DynamoDB: the token of each that waits.
import type { GateRecord } from "../../model/records.ts";
import type { GateStore } from "../../ports/metadata.ts";
import type { Clock } from "../../ports/platform.ts";
import { createInstanceListing } from "./instance-listing.ts";
import { instanceKey, keyIn, toKey } from "./keys.ts";
import { number, text } from "./table/attributes.ts";
import { TIME_TO_LIVE } from "./table/table.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** No execution lasts longer than a year (Step Functions quotas), so no token is of use after. */
const GATE_DAYS = 366;

/** The part of the metadata that keeps the gates. */
export function createGates(table: DynamoDbTable, clock: Pick<Clock, "now">): GateStore {
  const listGates = createInstanceListing(table);
  return {
    async put(gate) {
      const expiresAt = Math.ceil(clock.now() / 1_000) + GATE_DAYS * 86_400;
      await table.put({
        ...toKey(instanceKey("gate", gate)),
        token: text(gate.token),
        [TIME_TO_LIVE]: number(expiresAt),
      });
    },
    async list(query) {
      const items = await listGates("gate", query);
      return items.map(
        (item): GateRecord => ({ ...keyIn(query, item), token: item.token?.S ?? "" }),
      );
    },
    async take(gate) {
      // As a transaction, since only that tells a removal that is made again from one that someone
      // else made.
      const refused = await table.transact([
        {
          remove: instanceKey("gate", gate),
          condition: {
            text: "#token = :token",
            names: ["token"],
            values: { ":token": text(gate.token) },
          },
        },
      ]);
      return refused.length === 0;
    },
  };
}
