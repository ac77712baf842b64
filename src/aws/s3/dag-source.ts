// DAG files in a bucket, as users upload them: keys are their paths.
import type { S3Client } from "@aws-sdk/client-s3";
import { isDagPath } from "../../model/dag-paths.ts";
import type { DagSource } from "../../ports/dag-source.ts";
import { listObjects, readObject } from "./objects.ts";

/** S3 quotas: bytes of a key. */
const MAX_KEY_BYTES = 1_024;

/**
 * Leaves out what isn't a file of the DAG folder: `node_modules`, names that begin with a dot,
 * markers of folders.
 */
export function createS3DagSource(place: {
  readonly client: S3Client;
  readonly bucket: string;
}): DagSource {
  return {
    async list() {
      const files: string[] = [];
      for await (const { key } of listObjects({ ...place, prefix: "" })) {
        if (isDagPath(key)) files.push(key);
      }
      return files;
    },
    async read(file) {
      if (!isDagPath(file) || Buffer.byteLength(file) > MAX_KEY_BYTES) return undefined;
      return readObject(place, file);
    },
  };
}
