// What every call to the table needs: the client, the table's name, how calls are repeated, and
// whom to tell about consumed capacity.
import type { ConsumedCapacity, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Retries } from "../retries.ts";

/** Called after each call to DynamoDB with what it consumed. */
export type CapacityHook = (
  operation: string,
  consumed: { readonly readUnits: number; readonly writeUnits: number },
) => void;

export interface TableAccess {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** By which each call is repeated. */
  readonly retries: Retries;
  readonly onCapacity?: CapacityHook | undefined;
}

/** The command field that asks DynamoDB what the call consumes; empty when there is no hook. */
export function wantedCapacity({ onCapacity }: TableAccess) {
  return onCapacity ? ({ ReturnConsumedCapacity: "TOTAL" } as const) : {};
}

/** What DynamoDB answers about consumption: one figure, or one per table. */
type Consumed = ConsumedCapacity | readonly ConsumedCapacity[] | undefined;

/** Tells the hook what a read consumed. Returns the units. */
export function reportReads(
  { onCapacity }: TableAccess,
  { operation, consumed }: { readonly operation: string; readonly consumed: Consumed },
): number {
  const readUnits = unitsOf(consumed);
  onCapacity?.(operation, { readUnits, writeUnits: 0 });
  return readUnits;
}

/** Tells the hook what a write consumed. */
export function reportWrites(
  { onCapacity }: TableAccess,
  { operation, consumed }: { readonly operation: string; readonly consumed: Consumed },
): void {
  onCapacity?.(operation, { readUnits: 0, writeUnits: unitsOf(consumed) });
}

function unitsOf(consumed: Consumed): number {
  let units = 0;
  for (const { CapacityUnits = 0 } of consumed ? [consumed].flat() : []) units += CapacityUnits;
  return units;
}
