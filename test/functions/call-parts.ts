// What a call of user code brings along where a test asks for none of it.
import type { TaskServices } from "../../src/model/task-services.ts";

const nothing = async () => undefined;

/** Has no variable, connection, XCom or state, and keeps none. */
export const NO_SERVICES: TaskServices = {
  getVariable: nothing,
  setVariable: async () => {},
  getConnection: nothing,
  getXCom: nothing,
  setXCom: async () => {},
  getTaskState: nothing,
  getAssetEvents: async () => "[]",
  putTaskState: async () => {},
  getAssetState: nothing,
  putAssetState: async () => {},
  clearAssetState: async () => {},
};

export const MANUAL_RUN = {
  runType: "manual",
  logicalDate: null,
  dataIntervalStart: null,
  dataIntervalEnd: null,
  runAfter: "2026-01-01T00:00:00.000Z",
  startDate: null,
  conf: {},
} as const;
