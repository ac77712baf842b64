// The contract of the metadata port: every adapter runs it and passes it whole.
import { describe } from "vitest";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { accessContract } from "./access.ts";
import { assetContract } from "./assets.ts";
import { backfillContract } from "./backfills.ts";
import { dagNoteContract } from "./dag-notes.ts";
import { dagStateContract } from "./dag-states.ts";
import { dagStoreContract } from "./dags.ts";
import { deadlineContract } from "./deadlines.ts";
import { eventLogListingContract } from "./event-log-listings.ts";
import { eventLogContract } from "./event-logs.ts";
import { instanceListingContract } from "./instance-listings.ts";
import { limitStoreContract } from "./limits.ts";
import { partitionContract } from "./partitions.ts";
import { runListingContract } from "./run-listings.ts";
import { runStoreContract } from "./runs.ts";
import { taskInstanceStoreContract } from "./task-instances.ts";
import { valueStoreContract } from "./values.ts";

/**
 * `create` gives an empty database to each test; it may clean up by vitest's onTestFinished. So many
 * `queries` are asked at random.
 */
export function metadataContract(
  name: string,
  create: () => Promise<Metadata>,
  { queries = 60 }: { readonly queries?: number } = {},
): void {
  describe(`metadata: ${name}`, () => {
    dagStoreContract(create);
    dagNoteContract(create);
    dagStateContract(create);
    runStoreContract(create);
    runListingContract(create, queries);
    taskInstanceStoreContract(create);
    instanceListingContract(create);
    limitStoreContract(create);
    valueStoreContract(create);
    backfillContract(create);
    deadlineContract(create);
    accessContract(create);
    partitionContract(create);
    assetContract(create);
    eventLogContract(create);
    eventLogListingContract(create, queries);
  });
}
