// What a running task may ask of the product: variables, connections, XComs, values kept across its
// tries.
import { instanceKey } from "../../model/instance-key.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import type { TaskServices } from "../../model/task-services.ts";
import { toIso } from "../../model/values/time.ts";
import type { Platform } from "../../ports/platform.ts";
import type { TaskStateTimes } from "../../ports/task-states.ts";
import { createAssetStateServices } from "../assets/asset-states.ts";
import { readAssetEvents } from "../assets/read-events.ts";
import { readXComsOfMapped } from "../mapping/mapped-inputs.ts";
import { createLookUp } from "../stored/look-up.ts";
import { createStoredContext } from "../stored/stored-context.ts";
import { setVariable } from "../stored/variables.ts";
import { readXCom, toXComRecord } from "./xcom-values.ts";

/** Longest JSON text of a value that a task keeps across its tries, in bytes of UTF-8 (256 KiB). */
export const MAX_TASK_STATE_BYTES = 256 * 1024;

/** The services of one task instance. */
export function createTaskServices(
  platform: Pick<Platform, "metadata" | "secrets" | "encryptionKeys" | "xcoms" | "clock">,
  key: TaskInstanceKey,
): TaskServices {
  const { metadata } = platform;
  const lookUp = createLookUp(platform);
  return {
    ...createAssetStateServices(platform, key),
    getVariable: lookUp.getVariable,
    setVariable: (name, value) => setVariable(createStoredContext(platform), { key: name, value }),
    getConnection: lookUp.getConnection,
    async getXCom({ key: name, ...other }) {
      // Its own is that of its own index.
      const own = other.taskId === key.taskId ? { mapIndex: key.mapIndex } : {};
      const value = await readXCom(platform, instanceKey(key, { ...own, ...other }), name);
      if (value !== undefined || other.mapIndex !== undefined) return value;
      return readXComsOfMapped(platform, { ...key, taskId: other.taskId }, name);
    },
    async setXCom(name, value) {
      await metadata.xcoms.put(await toXComRecord(platform, key, { name, value }));
    },
    async getAssetEvents(query) {
      return JSON.stringify(await readAssetEvents(metadata, key, query));
    },
    async getTaskState(name) {
      const found = await metadata.taskStates.find(key, name);
      return found && counts(found, platform.clock.now()) ? found.value : undefined;
    },
    async putTaskState(name, value) {
      checkTaskState(name, value);
      await metadata.taskStates.put(key, name, value, { updatedAt: toIso(platform.clock.now()) });
    },
  };
}

/** Whether the time of a value isn't over. */
export function counts({ expiresAt }: TaskStateTimes, now: number): boolean {
  return expiresAt === undefined || Date.parse(expiresAt) > now;
}

/** A state is an item of the metadata: DynamoDB takes no more than 400 KB for one. */
function checkTaskState(name: string, value: string | undefined): void {
  const sizeBytes = Buffer.byteLength(value ?? "");
  if (sizeBytes <= MAX_TASK_STATE_BYTES) return;
  throw new RangeError(
    `Task state "${name}" has ${sizeBytes} bytes, but one may have ${MAX_TASK_STATE_BYTES}; store where the value is instead`,
  );
}
