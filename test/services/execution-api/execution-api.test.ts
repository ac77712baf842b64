// The Execution API: a try may ask, log and end for itself, and for nobody else. What has no valid
// signature or capability is refused, reported, and changes nothing.
import { beforeEach, expect, test } from "vitest";
import { ABSENT } from "../../../src/local/simulation/absent-ports.ts";
import type { LogEntry } from "../../../src/model/records.ts";
import type {
  ExecutionApi,
  Question,
  TaskRequest,
  TryToRun,
} from "../../../src/ports/execution-api.ts";
import type { TryKey } from "../../../src/ports/task-logs.ts";
import {
  type Capabilities,
  createCapabilities,
} from "../../../src/services/execution-api/capabilities.ts";
import { createExecutionApi } from "../../../src/services/execution-api/execution-api.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { byTask, startProduct, succeeds, trigger } from "../virtual-time.ts";

const EXECUTION = { dagId: "d", runId: "r", clearNumber: 0 };
const REFUSED = { name: "Stepwind.Refused" };
const LINE: LogEntry = {
  timestamp: "2026-01-01T00:00:00.000Z",
  level: "info",
  event: "hello",
  logger: "task",
};

let product: VirtualProduct;
let capabilities: Capabilities;
let api: ExecutionApi;
let request: TaskRequest;
let warnings: string[];
let written: { readonly key: TryKey; readonly entries: readonly LogEntry[] }[];

/** A run whose engine has begun "t" already, and never ends it: the test begins its next try. */
beforeEach(async () => {
  product = startProduct({ isSplit: true });
  product.play(byTask({ s: succeeds(0, '"from s"'), t: succeeds(Number.POSITIVE_INFINITY) }));
  const tasks = [
    task("s"),
    task("t", ["s"], { reads: ["s"], retries: 9, retryDelay: 0 }),
    task("u", ["s"]),
  ];
  await product.publish({ ...dag("d", tasks), role: "teamA" });
  await trigger(product, "d", { runId: "r" });
  await product.settle();
  capabilities = createCapabilities({
    key: async () => Buffer.alloc(32, 1),
    now: product.clock.now,
  });
  warnings = [];
  written = [];
  const ports = {
    ...ABSENT,
    metadata: product.metadata,
    clock: product.clock,
    runner: { limit: 900 },
    report: { info() {}, warn: (text: string) => warnings.push(text), error() {} },
    logs: {
      ...ABSENT.logs,
      async append(key: TryKey, entries: readonly LogEntry[]) {
        if (entries.length > 0) written.push({ key, entries });
      },
    },
    secrets: {
      getConnection: async (connId: string) => ({ connId, connType: "http" }),
      getVariable: async (key: string) => (key.startsWith("kept") ? "secret" : undefined),
    },
  };
  api = createExecutionApi(ports, {
    capabilities,
    worker: product.services.worker,
    bundleUrl: async (hash) => `https://bundles.example/${hash}`,
    rights: { teamA: { connections: ["a_"], variables: ["a_", "kept_a"] } },
  });
  request = {
    ...EXECUTION,
    signature: await capabilities.signExecution(EXECUTION),
    taskId: "t",
  };
});

async function begin(): Promise<TryToRun> {
  const begun = await api.begin(request);
  if (begun.kind !== "run") throw new Error(`It is ${begun.kind}`);
  return begun;
}

async function stateOf(taskId: string): Promise<string | null | undefined> {
  return (await product.getTasks("d", "r"))[taskId]?.state;
}

test("a try is begun with what it reads, and ended with what it returned", async () => {
  const { capability, call, bundleHash } = await begin();
  expect(call).toMatchObject({ taskId: "t", reads: { s: '"from s"' } });
  expect(bundleHash).toBe("v1");
  expect(await stateOf("t")).toBe("running");
  const ending = { kind: "success", result: "42" } as const;
  expect(await api.end(capability, { ending, entries: [LINE] })).toEqual({ kind: "done" });
  expect(await stateOf("t")).toBe("success");
  const key = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };
  expect(written).toEqual([{ key: { ...key, tryNumber: call.tryNumber }, entries: [LINE] }]);
  expect((await product.metadata.xcoms.get(key, "return_value"))?.value).toBe("42");
});

test("a begin that is sent again answers the same try; another one counts that as died", async () => {
  request = { ...request, requestId: "1" };
  const first = await begin();
  const again = await begin();
  expect(again.call).toEqual(first.call);
  expect(await stateOf("t")).toBe("running");
  request = { ...request, requestId: "2" };
  expect((await begin()).call.tryNumber).toBe(first.call.tryNumber + 1);
});

test("a begin without the execution's signature is refused, reported, and begins nothing", async () => {
  const { t } = await product.getTasks("d", "r");
  const other = await capabilities.signExecution({ ...EXECUTION, runId: "other" });
  for (const signature of ["", "x".repeat(43), other]) {
    await expect(api.begin({ ...request, signature })).rejects.toMatchObject(REFUSED);
  }
  expect(warnings).toHaveLength(3);
  expect(warnings[0]).toBe('Refused: A message for run "r" of DAG "d" has no valid signature');
  expect((await product.getTasks("d", "r")).t).toEqual(t);
});

test("a message with a forged capability is refused, reported, and changes nothing", async () => {
  const { capability } = await begin();
  const [, signature] = capability.split(".");
  const claims = { kind: "try", ...EXECUTION, taskId: "u", mapIndex: -1, tryNumber: 1 };
  const forged = `${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
  const ending = { kind: "success" } as const;
  const args = { key: "return_value", value: "1" };
  for (const attempt of [
    () => api.end(forged, { ending, entries: [LINE] }),
    () => api.append(forged, [LINE]),
    () => api.ask(forged, { method: "setXCom", args }),
    () => api.ask("", { method: "getConnection", args: { connId: "a_1" } }),
  ]) {
    await expect(attempt()).rejects.toMatchObject(REFUSED);
  }
  expect(warnings).toEqual(Array(4).fill("Refused: A message has no valid capability"));
  expect(written).toEqual([]);
  expect(await stateOf("u")).toBe("success");
  expect(await product.metadata.xcoms.list({ dagId: "d", runId: "r" })).toHaveLength(1);
});

test("a try asks for values of its own run, and stores only its own", async () => {
  const { capability, call } = await begin();
  const args = { key: "mine", value: "1" };
  await api.ask(capability, { method: "setXCom", args });
  const key = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };
  expect((await product.metadata.xcoms.get(key, "mine"))?.value).toBe("1");
  const question = { taskId: "s", key: "return_value" };
  expect(await api.ask(capability, { method: "getXCom", args: question })).toBe('"from s"');
  await api.ask(capability, { method: "putTaskState", args: { key: "n", value: "2" } });
  expect(await api.ask(capability, { method: "getTaskState", args: { key: "n" } })).toBe("2");
  expect(await api.ask(capability, { method: "getBundleUrl", args: {} })).toBe(
    "https://bundles.example/v1",
  );
  expect(call.tryNumber).toBeGreaterThan(0);
});

test("a try whose DAG has a role reads what the role may, and is told what would allow more", async () => {
  const { capability } = await begin();
  const connection = (connId: string) =>
    api.ask(capability, { method: "getConnection", args: { connId } });
  const variable = (key: string) => api.ask(capability, { method: "getVariable", args: { key } });
  expect(await connection("a_1")).toEqual({ connId: "a_1", connType: "http" });
  expect(await variable("kept_a")).toBe("secret");
  await expect(connection("b_1")).rejects.toThrow(
    'Connection "b_1" is not for DAGs with role "teamA"; add a beginning of its name to taskRoles.teamA.connections of the deployment',
  );
  await expect(variable("kept_b")).rejects.toThrow('Variable "kept_b" is not for DAGs');
  const args = { key: "b", value: "1" };
  await expect(api.ask(capability, { method: "setVariable", args })).rejects.toThrow("not for");
  expect(await product.metadata.variables.get("b")).toBeUndefined();
});

test("a try that has ended changes nothing any more, but its last lines are kept", async () => {
  const { capability } = await begin();
  await api.end(capability, { ending: { kind: "success" }, entries: [] });
  const ofAsset: readonly Question[] = [
    { method: "putAssetState", args: { key: "a" } },
    { method: "clearAssetState", args: {} },
  ];
  for (const question of ofAsset) {
    await expect(api.ask(capability, question)).rejects.toMatchObject(REFUSED);
  }
  for (const method of ["setXCom", "setVariable", "putTaskState"] as const) {
    const asked = api.ask(capability, { method, args: { key: "a_late", value: "1" } });
    await expect(asked).rejects.toMatchObject(REFUSED);
  }
  await api.append(capability, [LINE]);
  expect(written).toHaveLength(1);
});

test("a try that failed is told to begin again, or when to be called again", async () => {
  const retried = task("t", [], { retries: 2, retryDelay: 0 });
  await product.publish(dag("e", [retried]));
  product.play(() => succeeds(Number.POSITIVE_INFINITY));
  const runId = await trigger(product, "e", { runId: "r" });
  await product.settle();
  const execution = { dagId: "e", runId, clearNumber: 0 };
  request = {
    ...execution,
    signature: await capabilities.signExecution(execution),
    taskId: "t",
  };
  const { capability, call } = await begin();
  expect(call.tryNumber).toBe(2);
  const error = { name: "Error", message: "no" };
  const ending = { kind: "failed", retry: true, error } as const;
  expect(await api.end(capability, { ending, entries: [] })).toEqual({ kind: "begin" });
  const last = await begin();
  expect(await api.end(last.capability, { ending, entries: [] })).toEqual({ kind: "done" });
  expect(await api.begin(request)).toEqual({ kind: "done" });
});

test("callbacks ask and log as their task does, and end nothing", async () => {
  const { call } = await begin();
  const { dagId, runId, taskId, mapIndex, tryNumber } = call;
  const capability = await capabilities.grant({
    kind: "callbacks",
    dagId,
    runId,
    taskId,
    mapIndex,
    tryNumber,
    bundleHash: "v1",
    expiresAt: product.clock.now() + 1,
  });
  const question = { taskId: "s", key: "return_value" };
  expect(await api.ask(capability, { method: "getXCom", args: question })).toBe('"from s"');
  await api.end(capability, { ending: { kind: "success" }, entries: [LINE] });
  expect(written).toHaveLength(1);
  expect(await stateOf("t")).toBe("running");
});
