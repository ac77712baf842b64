// The contract of the metadata port: every adapter runs it and passes it whole.
import { describe } from "vitest";
import type { Metadata } from "../../src/ports/metadata.ts";
import { assetContract } from "./metadata-assets.ts";
import { backfillContract } from "./metadata-backfills.ts";
import { dagStoreContract } from "./metadata-dags.ts";
import { deadlineContract } from "./metadata-deadlines.ts";
import { limitStoreContract } from "./metadata-limits.ts";
import { partitionContract } from "./metadata-partitions.ts";
import { runStoreContract } from "./metadata-runs.ts";
import { taskInstanceStoreContract } from "./metadata-task-instances.ts";
import { valueStoreContract } from "./metadata-values.ts";

/** `create` gives an empty database to each test; it may clean up by vitest's onTestFinished. */
export function metadataContract(name: string, create: () => Promise<Metadata>): void {
  describe(`metadata: ${name}`, () => {
    dagStoreContract(create);
    runStoreContract(create);
    taskInstanceStoreContract(create);
    limitStoreContract(create);
    valueStoreContract(create);
    backfillContract(create);
    deadlineContract(create);
    partitionContract(create);
    assetContract(create);
  });
}
