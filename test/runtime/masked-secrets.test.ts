// Secrets that tasks ask for don't reach what people read: the log, errors, rendered fields. And
// what a log says of a try besides.
import { expect, test } from "vitest";
import type { LogEntry } from "../../src/model/records.ts";
import { bash, empty } from "../../src/operators/index.ts";
import { createTryLog } from "../../src/runtime/try-log.ts";
import { type BundleAddress, createUserCode } from "../../src/runtime/user-code.ts";
import { Dag, getClient, getContext, SkipTask } from "../../src/sdk/index.ts";
import { callOf, createMemoryServices } from "./running.ts";

/** A DAG of one task "t", which `draw` places, as a bundle. */
function bundleOf(draw: (dag: Dag) => void): BundleAddress {
  const dag = new Dag("d");
  draw(dag);
  const name = `stepwindTestDag${bundles++}`;
  Object.assign(globalThis, { [name]: dag });
  const code = `export const dag = globalThis.${name};`;
  return { hash: name, url: `data:text/javascript,${encodeURIComponent(code)}` };
}
let bundles = 0;

async function run(draw: (dag: Dag) => void) {
  const services = createMemoryServices();
  services.connections.set("db", {
    connId: "db",
    connType: "postgres",
    password: "Sup3rS3cret",
    extra: { token: "extra-t0ken", host: "localhost" },
  });
  services.variables.set("api_key", "k3y-0f-s0me-k1nd");
  services.variables.set("region", "eu-central-1");
  const entries: LogEntry[] = [];
  const log = createTryLog(
    { dagId: "d", runId: "r", taskId: "t", mapIndex: -1, tryNumber: 1 },
    { logs: { append: async (_, lines) => void entries.push(...lines) } },
  );
  const userCode = createUserCode();
  const host = {
    services,
    log,
    signal: new AbortController().signal,
    registerProcess: () => () => {},
  };
  const bundle = bundleOf(draw);
  const { taskId, reads, ...callbackCall } = callOf("d", "t");
  return {
    outcome: await userCode.runTask(callOf("d", "t"), bundle, host),
    fail: () =>
      userCode.runCallbacks({ call: { ...callbackCall, taskId }, kind: "failure" }, bundle, host),
    lines: () => {
      log.end();
      return entries.map(({ event }) => event);
    },
  };
}

const SECRETS = /Sup3rS3cret|extra-t0ken|k3y-0f-s0me-k1nd/;

test("a task that prints, returns and throws its secrets shows none of them", async () => {
  const { outcome, lines } = await run((dag) => {
    dag.task("t", async () => {
      const db = await getClient().getConnectionOrThrow("db");
      const key = await getClient().getVariableOrThrow("api_key");
      const region = await getClient().getVariableOrThrow("region");
      getContext().log.info(`connecting with ${db.password} and ${key} in ${region}`);
      throw new Error(`login failed for ${JSON.stringify(db)}`, { cause: new Error(key) });
    })();
  });
  const text = lines().join("\n");
  expect(text).toContain("connecting with *** and *** in eu-central-1");
  expect(text).toContain("login failed for");
  expect(text).not.toMatch(SECRETS);
  expect(outcome).toMatchObject({ kind: "failed" });
  expect(JSON.stringify(outcome)).not.toMatch(SECRETS);
});

test("the message of a skip is masked", async () => {
  const { outcome } = await run((dag) => {
    dag.task("t", async () => {
      throw new SkipTask(`no rows for ${await getClient().getVariable("api_key")}`);
    })();
  });
  expect(outcome).toEqual({ kind: "skipped", message: "no rows for ***" });
});

test("a rendered command is kept and logged without its secrets, and runs with them", async () => {
  const command = `test {{ conn.db.password }} = Sup3r''S3cret && echo {{ var.value.api_key }} {{ ds }}`;
  const { outcome, lines } = await run((dag) => {
    const env = { DB_PASSWORD: "x", DAY: "{{ ds }}" };
    dag.task("t", bash({ bashCommand: command, env }))();
  });
  expect(outcome).toMatchObject({
    kind: "success",
    renderedFields: {
      bashCommand: "test *** = Sup3r''S3cret && echo *** 2026-01-31",
      env: { DB_PASSWORD: "***", DAY: "2026-01-31" },
    },
  });
  expect(lines()).toEqual([
    "Task instance is in running state: try 1 of 1",
    "Running command: test *** = Sup3r''S3cret && echo *** 2026-01-31",
    "*** 2026-01-31",
    "Command exited with return code 0",
    "Marking task as SUCCESS",
  ]);
});

test("a field of any length is kept up to 4,096 characters", async () => {
  const { outcome } = await run((dag) => {
    dag.task("t", bash({ bashCommand: `echo {{ ds }} # ${"x".repeat(5_000)}` }))();
  });
  const kept = String(outcome.renderedFields?.bashCommand);
  expect(kept).toMatch(/^Truncated to 4096 of 50\d\d characters: echo 2026-01-31 # x+$/);
  expect(kept.length).toBeLessThan(4_200);
});

test("what callbacks throw and print is masked", async () => {
  const { lines, fail } = await run((dag) => {
    const onFailureCallback = async () => {
      throw new Error(`told ${await getClient().getVariable("api_key")}`);
    };
    dag.task("t", async () => 1, { onFailureCallback })();
  });
  await fail();
  const text = lines().join("\n");
  expect(text).toContain("told ***");
  expect(text).not.toMatch(SECRETS);
});

test.each<[string, (dag: Dag) => void]>([
  ['Done. Returned value was: {"rows":3}', (dag) => dag.task("t", async () => ({ rows: 3 }))()],
  ["Done. Returned value was: None", (dag) => dag.task("t", async () => {})()],
  [
    'Following branch "a"',
    (dag) => dag.branch(dag.task("t", async () => "a")(), { a: dag.task("x", empty())(), b: null }),
  ],
  [
    "Condition result is []: skipping downstream tasks",
    (dag) => {
      const decider = dag.task("t", async () => [])();
      dag.shortCircuit(decider);
      decider.before(dag.task("x", empty())());
    },
  ],
  ["Success criteria met. Exiting.", (dag) => dag.sensor("t", async () => true)()],
])("the log says what came of the try: %s", async (line, draw) => {
  const { outcome, lines } = await run(draw);
  expect(outcome).toMatchObject({ kind: "success" });
  expect(lines()).toContain(line);
});

test("a result of any length is logged up to 1,000 characters", async () => {
  const { lines } = await run((dag) => dag.task("t", async () => "y".repeat(2_000))());
  expect(lines().find((line) => line.startsWith("Done."))).toMatch(
    /^.{1,1030}… \(2002 characters in all\)$/,
  );
});
