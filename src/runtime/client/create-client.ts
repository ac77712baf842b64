// The client that a running task has, over the services of the runner.
import type { Connection, TaskServices } from "../../model/task-services.ts";
import type { ConnectionResult, TaskClient } from "../../sdk/client.ts";
import { ConnectionNotFoundError, VariableNotFoundError } from "../../sdk/errors.ts";
import { createAssetStateStores } from "./asset-states.ts";
import { checkedText } from "./checked-text.ts";

/** The client of a task, over the services of the runtime; `taskId` is the task that runs. */
export function createClient(services: TaskServices, taskId: string): TaskClient {
  const client: TaskClient = {
    getVariable: async (key) => (await services.getVariable(key)) ?? null,
    async getVariableOrThrow(key) {
      const value = await client.getVariable(key);
      if (value === null) throw new VariableNotFoundError(key);
      return value;
    },
    async setVariable(key, value) {
      if (typeof value !== "string") {
        throw new TypeError(
          `Variable "${key}" takes text, got ${typeof value}; use JSON.stringify`,
        );
      }
      await services.setVariable(key, value);
    },
    async getConnection(connId) {
      const stored = await services.getConnection(connId);
      return stored ? toConnectionResult(stored) : null;
    },
    async getConnectionOrThrow(connId) {
      const connection = await client.getConnection(connId);
      if (connection === null) throw new ConnectionNotFoundError(connId);
      return connection;
    },
    async getXCom(options) {
      refuseForeignXCom(options);
      const { key, mapIndex } = options;
      const text = await services.getXCom({
        key,
        taskId: options.taskId ?? taskId,
        ...(mapIndex === undefined || mapIndex === null ? {} : { mapIndex }),
      });
      return text === undefined ? null : JSON.parse(text);
    },
    async setXCom({ key, value }) {
      await services.setXCom(key, checkedText(value, `XCom "${key}"`));
    },
    taskStateStore: {
      async get(key) {
        const text = await services.getTaskState(key);
        return text === undefined ? null : JSON.parse(text);
      },
      set: (key, value) => services.putTaskState(key, checkedText(value, `Task state "${key}"`)),
      delete: (key) => services.putTaskState(key, undefined),
    },
    assetStateStore: createAssetStateStores(services),
  };
  return client;
}

/** XComs of other DAGs and runs can't be read; refusing beats answering with this run's. */
function refuseForeignXCom(options: object): void {
  for (const name of ["dagId", "runId", "includePriorDates"]) {
    if (name in options)
      throw new TypeError(`getXCom() reads XComs of its own run; it takes no ${name}`);
  }
}

function toConnectionResult(stored: Connection): ConnectionResult {
  return {
    id: stored.connId,
    type: stored.connType,
    host: stored.host ?? null,
    schema: stored.schema ?? null,
    login: stored.login ?? null,
    password: stored.password ?? null,
    port: stored.port ?? null,
    extra: stored.extra ? JSON.stringify(stored.extra) : null,
    extraDejson: stored.extra ?? {},
  };
}
