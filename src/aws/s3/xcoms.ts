// The XCom backend on AWS: an object per large value, under a prefix per DAG and run.
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { XComs } from "../../ports/xcoms.ts";
import { toHash, toKeyPart } from "../resource-names.ts";
import { deleteObjects, readObject, type S3Place } from "./objects.ts";

/**
 * A reference is the object's key behind the prefix. It is another one for another value, so a try
 * whose result is refused can't replace the value of the try that counts.
 */
export function createS3XComs(place: S3Place): XComs {
  const { client, bucket, prefix } = place;
  return {
    async put({ dagId, runId, taskId, mapIndex }, name, value) {
      const hash = toHash(taskId, String(mapIndex), name, value);
      const ref = `${toKeyPart(dagId)}/${toKeyPart(runId)}/${toKeyPart(taskId)}.${hash}.json`;
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: prefix + ref,
          Body: value,
          ContentType: "application/json",
        }),
      );
      return ref;
    },
    async get(ref) {
      const value = isRef(ref) ? await readObject(place, prefix + ref) : undefined;
      if (value === undefined) throw new Error(`"${ref}" refers to no XCom in ${bucket}`);
      return value;
    },
    async deleteDag(dagId) {
      await deleteObjects({ ...place, prefix: `${prefix}${toKeyPart(dagId)}/` });
    },
    async deleteRun(dagId, runId) {
      const folder = `${prefix}${toKeyPart(dagId)}/${toKeyPart(runId)}/`;
      await deleteObjects({ ...place, prefix: folder });
    },
  };
}

/** Three parts, none of which leads elsewhere. */
function isRef(ref: string): boolean {
  return /^[^/.][^/]*\/[^/.][^/]*\/[^/.][^/]*\.json$/.test(ref);
}
