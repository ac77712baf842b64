import { expect, test } from "vitest";
import { createClient } from "../../src/runtime/client/create-client.ts";
import { callbackKindOf, runCallbacks } from "../../src/runtime/execute.ts";
import { Dag, FailTask, getClient, getContext, SkipTask } from "../../src/sdk/index.ts";
import { callOf, createMemoryLog, createMemoryServices, runHandler, runTask } from "./running.ts";

test("a handler gets literals and upstream results by name", async () => {
  const dag = new Dag("d");
  const count = dag.task("count", async () => ({ rows: { total: 3 } }))();
  const report = dag.task(
    "report",
    async (inputs: { total: number; region: string; list: readonly number[] }) => inputs,
  );
  const total = count.get("rows").get("total");
  report({ total, region: "eu", list: [1, total] });
  const { result } = await runTask(dag, "report", { reads: { count: '{"rows":{"total":3}}' } });
  expect(result).toEqual({ total: 3, region: "eu", list: [1, 3] });
});

test("an upstream without a result reads as null, and a key of it fails with the task's name", async () => {
  const dag = new Dag("d");
  const nothing = dag.task("nothing", async (): Promise<{ a: number } | null> => null)();
  dag.task("reads", async (inputs: { value: { a: number } | null }) => inputs)({ value: nothing });
  const some = dag.task("some", async () => ({ a: 1 }))();
  dag.task("reads_key", async (inputs: { value: number }) => inputs)({ value: some.get("a") });
  expect((await runTask(dag, "reads")).result).toEqual({ value: null });
  const { outcome } = await runTask(dag, "reads_key");
  expect(outcome).toMatchObject({
    kind: "failed",
    retry: true,
    error: { message: 'The result of task "some" has no "a": it returned nothing' },
  });
});

test("inputs are not rendered as templates", async () => {
  const dag = new Dag("d");
  dag.task("echo", async ({ text }: { text: string }) => text)({ text: "{{ ds }}" });
  expect((await runTask(dag, "echo")).result).toBe("{{ ds }}");
});

test("undefined is no result, null is one", async () => {
  expect((await runHandler(async () => undefined)).outcome).toEqual({ kind: "success" });
  expect((await runHandler(async () => null)).outcome).toEqual({ kind: "success", result: "null" });
});

test("a result that isn't JSON fails the try and says where", async () => {
  const { outcome, lines } = await runHandler(async () => ({ items: [1, { at: new Date() }] }));
  expect(outcome).toMatchObject({
    kind: "failed",
    retry: true,
    error: { name: "TypeError", message: "A task returns JSON, but result.items[1].at is a Date" },
  });
  expect(lines[0]).toContain("result.items[1].at is a Date");
});

test("a result of 50 MB is refused with its size and the limit", async () => {
  const { outcome } = await runHandler(async () => "x".repeat(50 * 1024 * 1024));
  expect(outcome).toMatchObject({
    kind: "failed",
    error: {
      message: expect.stringMatching(
        /result has 52,428,802 bytes of JSON, over the limit of 16,777,216/,
      ),
    },
  });
});

test("an error fails the try, FailTask for good, SkipTask skips", async () => {
  const failed = await runHandler(() => {
    throw new TypeError("no rows", { cause: new Error("the file is empty") });
  });
  expect(failed.outcome).toMatchObject({
    kind: "failed",
    retry: true,
    error: { name: "TypeError", message: "no rows" },
  });
  expect(failed.lines[0]).toMatch(
    /^error: TypeError: no rows\n[\s\S]*Caused by: Error: the file is empty/,
  );
  const refused = await runHandler(() => {
    throw new FailTask("closed");
  });
  expect(refused.outcome).toMatchObject({ kind: "failed", retry: false });
  const skipped = await runHandler(() => {
    throw new SkipTask("nothing to do");
  });
  expect(skipped.outcome).toEqual({ kind: "skipped", message: "nothing to do" });
  const thrown = await runHandler(() => {
    throw { code: 3 };
  });
  expect(thrown.outcome).toMatchObject({ error: { name: "Error", message: "threw { code: 3 }" } });
});

test("the stack in the log ends where Stepwind called the author's code", async () => {
  function parse(): never {
    throw new Error("inner", { cause: new Error("cause") });
  }
  for (const handler of [() => parse(), async () => Promise.resolve().then(parse)]) {
    const { lines } = await runHandler(handler);
    expect(lines[0]).toMatch(/^error: Error: inner\n +at parse .*execute\.test\.ts/);
    expect(lines[0]).toMatch(/\nCaused by: Error: cause\n +at parse .*execute\.test\.ts/);
    expect(lines[0]).not.toMatch(/src\/sdk|node:internal/);
  }
});

test("an abort is the outcome whatever the handler makes of it", async () => {
  const controller = new AbortController();
  const reason = new Error("timed out after 1 s");
  const { outcome } = await runHandler(
    async () => {
      controller.abort(reason);
      return "done anyway";
    },
    { signal: controller.signal },
  );
  expect(outcome).toMatchObject({
    kind: "failed",
    retry: true,
    error: { message: reason.message },
  });
});

test("a task that is not in the DAG fails for good", async () => {
  expect((await runTask(new Dag("d"), "gone")).outcome).toMatchObject({
    kind: "failed",
    retry: false,
    error: { message: 'Task "gone" is not in DAG "d"' },
  });
});

test("a switch's result is the id of the case", async () => {
  const dag = new Dag("d");
  const group = dag.taskGroup("group");
  const inner = group.task("few", async () => 1)();
  const many = dag.task("many", async () => 2)();
  dag
    .switch(async () => inner, {}, { taskId: "pick" })
    .case(inner)
    .case(many);
  dag
    .switch(async () => group, {}, { taskId: "pick_group" })
    .case(group)
    .case(many);
  expect((await runTask(dag, "pick")).result).toBe("group.few");
  expect((await runTask(dag, "pick_group")).result).toBe("group");
});

test("the context has Airflow's names by camelCase", async () => {
  const { result } = await runHandler(
    async () => {
      const { log, signal, outletEvents, inletEvents, triggeringAssetEvents, ...context } =
        getContext();
      const ofAssets = [outletEvents, inletEvents, triggeringAssetEvents];
      return {
        ...context,
        aborted: signal.aborted,
        hasLog: typeof log.info === "function",
        ofAssets: ofAssets.map((each) => typeof each),
      };
    },
    { tryNumber: 2, maxTries: 3, params: { days: 7 } },
  );
  expect(result).toMatchObject({
    dagId: "d",
    taskId: "own",
    runId: "scheduled__2026-01-31T06:00:00+00:00",
    tryNumber: 2,
    maxTries: 3,
    mapIndex: -1,
    logicalDate: "2026-01-31T06:00:00.000Z",
    ds: "2026-01-31",
    dsNodash: "20260131",
    ts: "2026-01-31T06:00:00+00:00",
    tsNodash: "20260131T060000",
    tsNodashWithTz: "20260131T060000+0000",
    params: { days: 7 },
    conf: {},
    ti: { taskId: "own", tryNumber: 2 },
    task: { operator: "@task", owner: "airflow" },
    dag: { dagId: "d", tags: [], timezone: "UTC" },
    dagRun: { runType: "scheduled", startDate: "2026-01-31T06:00:01.000Z" },
    aborted: false,
    ofAssets: ["object", "object", "object"],
    hasLog: true,
  });
});

test("without a logical date, what follows from it is absent", async () => {
  const { run } = callOf("d", "own");
  const manual = { ...run, logicalDate: null, dataIntervalStart: null, dataIntervalEnd: null };
  const { result } = await runHandler(async () => Object.keys(getContext()), { run: manual });
  for (const name of ["ds", "ts", "tsNodash", "logicalDate", "dataIntervalStart"]) {
    expect(result).not.toContain(name);
  }
  expect(result).toContain("runAfter");
});

test("the context follows every await, also of tasks that run at once", async () => {
  const dag = new Dag("d");
  const wait = () => new Promise((resolve) => setImmediate(resolve));
  for (const id of ["a", "b"]) {
    dag.task(id, async () => {
      await wait();
      return getContext().taskId;
    })();
  }
  const results = await Promise.all(["a", "b"].map((id) => runTask(dag, id)));
  expect(results.map(({ result }) => result)).toEqual(["a", "b"]);
});

test("outside a task the context is a clear error", () => {
  expect(() => getContext()).toThrow(/getContext\(\) was called outside a running task/);
  expect(() => getClient()).toThrow(/getClient\(\) was called outside a running task/);
});

test("the client reads and writes what the services keep", async () => {
  const services = createMemoryServices();
  services.variables.set("token", "secret");
  services.xcoms.set("up.return_value", '{"n":1}');
  services.connections.set("db", { connId: "db", connType: "postgres", extra: { ssl: true } });
  const { result } = await runHandler(
    async () => {
      const client = getClient();
      await client.setVariable("seen", "yes");
      await client.setXCom({ key: "rows", value: [1, 2] });
      await client.taskStateStore.set("job", { id: 7 });
      const job = await client.taskStateStore.get("job");
      await client.taskStateStore.delete("job");
      return {
        token: await client.getVariableOrThrow("token"),
        none: await client.getVariable("none"),
        up: await client.getXCom({ key: "return_value", taskId: "up" }),
        own: await client.getXCom({ key: "rows" }),
        job,
        gone: await client.taskStateStore.get("job"),
        db: await client.getConnection("db"),
        missing: await client.getConnectionOrThrow("missing").catch((error: Error) => error.name),
        foreign: await client
          .getXCom(Object.assign({ key: "x" }, { dagId: "other" }))
          .catch((error: Error) => error.message),
      };
    },
    { services },
  );
  expect(result).toEqual({
    token: "secret",
    none: null,
    up: { n: 1 },
    own: [1, 2],
    job: { id: 7 },
    gone: null,
    db: {
      id: "db",
      type: "postgres",
      host: null,
      schema: null,
      login: null,
      password: null,
      port: null,
      extra: '{"ssl":true}',
      extraDejson: { ssl: true },
    },
    missing: "ConnectionNotFoundError",
    foreign: "getXCom() reads XComs of its own run; it takes no dagId",
  });
  expect(services.variables.get("seen")).toBe("yes");
});

test("execute callbacks run before the handler, and what they throw changes nothing", async () => {
  const order: string[] = [];
  const dag = new Dag("d", { defaultArgs: { onExecuteCallback: () => order.push("default") } });
  dag.task("plain", async () => order.push("plain"))();
  const options = {
    onExecuteCallback: [
      function breaks() {
        throw new Error("callback is broken");
      },
      () => order.push(`before ${getContext().taskId}`),
    ],
  };
  dag.task("own", async () => void order.push("own"), options)();
  await runTask(dag, "plain");
  const { outcome, lines } = await runTask(dag, "own");
  expect(order).toEqual(["default", "plain", "before own", "own"]);
  expect(outcome.kind).toBe("success");
  expect(lines[0]).toMatch(/^error: Callback breaks failed: Error: callback is broken/);
});

test("callbacks after the try get its error, those of a DAG the reason", async () => {
  const seen: unknown[] = [];
  const dag = new Dag("d", {
    onFailureCallback: ({ reason, dagRun, ti }) => seen.push([reason, dagRun.state, ti]),
  });
  dag.task("own", async () => 1, {
    onFailureCallback: ({ exception, taskId }) => seen.push([taskId, exception?.message]),
  })();
  const log = createMemoryLog();
  const signal = new AbortController().signal;
  const client = createClient(createMemoryServices(), "own");
  const readAssetEvents = async () => [];
  const { reads, taskId, ...rest } = callOf("d", "own");
  const error = { name: "Error", message: "broken" };
  await runCallbacks(
    { call: { ...rest, taskId }, kind: "failure", error },
    { dag, client, readAssetEvents, log, signal },
  );
  await runCallbacks(
    { call: rest, kind: "failure", reason: "task_failure", runState: "failed" },
    { dag, client, readAssetEvents, log, signal },
  );
  expect(seen).toEqual([
    ["own", "broken"],
    ["task_failure", "failed", undefined],
  ]);
  expect(log.lines).toEqual([]);
  expect(reads).toEqual({});
});

test("which callbacks follow depends on the outcome and the tries left", () => {
  const failed = { kind: "failed", retry: true, error: { name: "Error", message: "" } } as const;
  expect(callbackKindOf({ tryNumber: 1, maxTries: 1 }, failed)).toBe("retry");
  expect(callbackKindOf({ tryNumber: 2, maxTries: 1 }, failed)).toBe("failure");
  expect(callbackKindOf({ tryNumber: 1, maxTries: 1 }, { ...failed, retry: false })).toBe(
    "failure",
  );
  expect(callbackKindOf({ tryNumber: 1, maxTries: 0 }, { kind: "skipped" })).toBe("skipped");
  expect(callbackKindOf({ tryNumber: 1, maxTries: 0 }, { kind: "success" })).toBe("success");
});
