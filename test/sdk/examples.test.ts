// Every example in a docstring of the SDK and the operators, as written there, compiled and run;
// and the DAGs in dags/.
import { readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import { bash, empty } from "../../src/operators/index.ts";
import { collectDags } from "../../src/sdk/bundle.ts";
import {
  Bundle,
  chain,
  cronDataInterval,
  cronPartition,
  cronTrigger,
  Dag,
  deltaDataInterval,
  deltaTrigger,
  events,
  FailTask,
  getClient,
  getContext,
  label,
  multipleCronTrigger,
  PokeReturnValue,
  param,
  partitionedAtRuntime,
  SkipTask,
} from "../../src/sdk/index.ts";
import { createMemoryServices, runHandler, runTask } from "../runtime/running.ts";

/** A DAG with placed tasks of the given names. */
function withTasks<Name extends string>(...names: readonly Name[]) {
  const dag = new Dag("d");
  const pairs = names.map((name) => [name, dag.task(`${name}_`, empty())()] as const);
  const refs = new Map(pairs);
  const task = (name: Name) => {
    const ref = refs.get(name);
    if (!ref) throw new Error(`no task ${name}`);
    return ref;
  };
  return { dag, task };
}

async function expectNoMistakes(dag: Dag): Promise<void> {
  expect((await checkDag(dag)).diagnostics).toEqual([]);
}

/** Code without what a formatter may change. */
function squeeze(code: string): string {
  return code.replaceAll(/^\s*(\* ?)?(export )?/gm, "").replaceAll(/,(?=\s*[)\]}])|\s/g, "");
}

test("every example of a docstring is in this file, or beside it", () => {
  const files = readdirSync(import.meta.dirname).filter((file) =>
    file.endsWith("examples.test.ts"),
  );
  const texts = files.map((file) => readFileSync(`${import.meta.dirname}/${file}`, "utf8"));
  const own = squeeze(texts.join("\n"));
  const examples = ["src/sdk", "src/operators"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((file) => {
      if (!file.endsWith(".ts")) return [];
      const source = readFileSync(`${folder}/${file}`, "utf8");
      return [...source.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);
    }),
  );
  expect(examples.length).toBeGreaterThan(25);
  const missing = examples.filter((example) => !own.includes(squeeze(example).replace(/;$/, "")));
  expect(missing).toEqual([]);
});

test("DAGs and bundles", () => {
  const dag = new Dag("daily_report", { schedule: "@daily", startDate: "2026-01-01" });
  const otherDag = new Dag("other");
  const bundle = new Bundle(dag, otherDag);
  expect(collectDags({ bundle })).toEqual([dag, otherDag]);
});

test("tasks", async () => {
  const dag = new Dag("d");
  const extract = dag.task("extract", async () => [1, 2, 3]);
  const count = dag.task("count", async ({ rows }: { rows: number[] }) => rows.length);
  count({ rows: extract() });
  await expectNoMistakes(dag);
  expect((await runTask(dag, "count", { reads: { extract: "[1,2,3]" } })).result).toBe(3);
});

test("override and get", async () => {
  const { dag } = withTasks();
  const rows = dag.task("rows", async () => 3)();
  const load = dag.task("load", async ({ rows }: { rows: number }) => rows);
  const large = load.override({ taskId: "load_large", executionTimeout: "1 hour" })({ rows });
  const summary = dag.task("summary", async () => ({ text: "done" }))();
  const notify = dag.task("notify", async ({ text }: { text: string }) => text);
  notify({ text: summary.get("text") });
  expect(large.taskId).toBe("load_large");
  await expectNoMistakes(dag);
});

test("sensors", async () => {
  const { dag, task } = withTasks("loaded");
  const loaded = task("loaded");
  const waitForFile = dag.sensor(
    "wait_for_file",
    async ({ key }: { key: string }) => (await getClient().getVariable(key)) !== null,
    { pokeInterval: "5 minutes", timeout: "6 hours", softFail: true },
  );
  waitForFile({ key: "landed" }).before(loaded);
  const newest = dag.sensor("wait_for_export", async () => {
    const key = await getClient().getVariable("newest_export");
    return new PokeReturnValue(key !== null, key);
  });
  newest();
  await expectNoMistakes(dag);
  const services = createMemoryServices();
  expect((await runTask(dag, "wait_for_file", { services })).outcome.kind).toBe("reschedule");
  expect((await runTask(dag, "wait_for_export", { services })).outcome.kind).toBe("reschedule");
  services.variables.set("landed", "yes").set("newest_export", "a.csv");
  expect((await runTask(dag, "wait_for_file", { services })).result).toBeUndefined();
  expect((await runTask(dag, "wait_for_export", { services })).result).toBe("a.csv");
});

test("groups", async () => {
  const { dag, task } = withTasks("reported");
  const reported = task("reported");
  const loadOrders = async () => 1;
  const staging = dag.taskGroup("staging");
  staging.task("orders", loadOrders)(); // "staging.orders"
  staging.before(reported);
  await expectNoMistakes(dag);
});

test("edges", async () => {
  const { dag, task } = withTasks(
    ...(["extracted", "loaded", "archived", "cleaned", "checked", "stopped", "reported"] as const),
    ...(["loadedEu", "loadedUs", "checkedEu", "checkedUs"] as const),
  );
  const [extracted, loaded, archived, cleaned] = [
    task("extracted"),
    task("loaded"),
    task("archived"),
    task("cleaned"),
  ];
  const [checked, stopped, reported] = [task("checked"), task("stopped"), task("reported")];
  const [loadedEu, loadedUs] = [task("loadedEu"), task("loadedUs")];
  const [checkedEu, checkedUs] = [task("checkedEu"), task("checkedUs")];
  extracted.before(loaded, label(archived, "raw"));
  cleaned.after(loaded, archived);
  checked.before(label(loaded, "rows"), label(stopped, "no rows"));
  chain(extracted, [loadedEu, loadedUs], [checkedEu, checkedUs], reported);
  await expectNoMistakes(dag);
});

test("branches", async () => {
  const { dag, task } = withTasks("loaded", "audited", "stopped", "many", "few");
  const [loaded, audited, stopped] = [task("loaded"), task("audited"), task("stopped")];
  const [many, few] = [task("many"), task("few")];
  const rows = dag.task("rows", async () => 3)();
  const pickSize = dag.task("pick_size", async ({ rows }: { rows: number }) =>
    rows === 0 ? "empty" : rows > 9 ? "large" : "small",
  );
  const hasRows = dag.task("check_rows", async ({ rows }: { rows: number }) => rows > 0);
  dag.branch(pickSize({ rows }), { large: [loaded, audited], small: loaded, empty: null });
  dag.shortCircuit(hasRows({ rows }));
  dag
    .if(async ({ rows }: { rows: number }) => rows > 0, { rows }, { taskId: "has_rows" })
    .then(loaded)
    .else(stopped);
  async function pick({ rows }: { rows: number }) {
    return rows > 9 ? many : few;
  }
  dag.switch(pick, { rows }).case(many).case(few);
  await expectNoMistakes(dag);
  expect((await runTask(dag, "pick", { reads: { rows: "3" } })).result).toBe("few_");
});

test("mapping", async () => {
  const { dag } = withTasks();
  const place = <T>(taskId: string, value: T) => dag.task(taskId, async () => value)();
  const keys = place("keys", ["a.csv"]);
  const [sizes, oldKeys, newKeys] = [place("sizes", [1]), place("old", ["a"]), place("new", ["b"])];
  const work = async ({ bucket, key }: { bucket: string; key: string }) => `${bucket}/${key}`;
  const count = dag.task("count", async ({ path }: { path: string }) => path.length);
  const loadPair = dag.task("pair", async ({ pair }: { pair: readonly [string, number] }) => pair);
  const loadKey = dag.task("load_key", async ({ key }: { key: string }) => key);
  count.expand({ path: keys.map((key) => `landing/${key}`) });
  loadPair.expand({ pair: keys.zip(sizes) });
  loadKey.expand({ key: oldKeys.concat(newKeys) });
  {
    const countLines = dag.task("partial", work);
    countLines.partial({ bucket: "landing" }).expand({ key: keys });
  }
  {
    const countLines = dag.task("expand", work);
    countLines.expand({ bucket: ["eu", "us"], key: keys });
  }
  {
    const countLines = dag.task("kwargs", work);
    countLines.expandKwargs([{ bucket: "eu", key: "a.csv" }]);
  }
  await expectNoMistakes(dag);
});

test("schedules and params", async () => {
  const dags = [
    new Dag("report", { schedule: cronTrigger("0 6 * * *", { interval: "1 day" }) }),
    new Dag("ingest", { schedule: cronPartition("0 * * * *", { keyFormat: "%Y-%m-%dT%H" }) }),
    new Dag("ingest_region", { schedule: partitionedAtRuntime() }),
    new Dag("report", { schedule: multipleCronTrigger(["0 6 * * 1-5", "0 9 * * 6,0"]) }),
    new Dag("load", { schedule: cronDataInterval("0 0 * * *"), startDate: "2026-01-01" }),
    new Dag("poll", { schedule: deltaTrigger("10 minutes") }),
    new Dag("load", { schedule: deltaDataInterval("1 day"), startDate: "2026-01-01" }),
    new Dag("launch", { schedule: events(["2026-03-01T09:00", "2026-06-01T09:00"]) }),
    new Dag("load", { params: { days: param(7, { type: "integer", minimum: 1 }), region: "eu" } }),
  ];
  for (const dag of dags) await expectNoMistakes(dag);
});

test("context, client and errors", async () => {
  const dag = new Dag("d");
  const extract = dag.task("extract", async () => {
    const { ds, params, log } = getContext();
    log.info(`day ${ds}, region ${params.region}`);
  });
  extract();
  const { lines } = await runTask(dag, "extract", { params: { region: "eu" } });
  expect(lines).toEqual([
    "info: day 2026-01-31, region eu",
    "info: Done. Returned value was: None",
  ]);

  const services = createMemoryServices();
  services.variables.set("api_token", "t");
  const read = await runHandler(
    async () => {
      const token = await getClient().getVariableOrThrow("api_token");
      return token;
    },
    { services },
  );
  expect(read.result).toBe("t");

  const rows: number[] = [];
  const skipped = await runHandler(() => {
    if (rows.length === 0) throw new SkipTask("nothing to load");
  });
  expect(skipped.outcome).toEqual({ kind: "skipped", message: "nothing to load" });
  const failed = await runHandler(() => {
    throw new FailTask("the account is closed");
  });
  expect(failed.outcome).toMatchObject({ kind: "failed", retry: false });
});

test("operators", async () => {
  const dag = new Dag("d");
  const date = dag.task("print_date", bash({ bashCommand: 'date -d "{{ ds }}"' }))();
  const done = dag.task("done", empty(), { triggerRule: "none_failed_min_one_success" })();
  done.after(date);
  await expectNoMistakes(dag);
  expect((await runTask(dag, "print_date")).outcome.kind).toBe("success");
  expect((await runTask(dag, "done")).outcome).toEqual({ kind: "success" });
});

describe("dags/", () => {
  const files = readdirSync("dags").filter((file) => file.endsWith(".ts"));

  test.each(files)("%s has no mistakes", async (file) => {
    const dags = collectDags(await import(/* @vite-ignore */ pathToFileURL(`dags/${file}`).href));
    expect(dags.map(({ dagId }) => dagId)).toEqual([file.replace(".ts", "")]);
    for (const dag of dags) await expectNoMistakes(dag);
  });

  test("hello_world says Hello and world", async () => {
    const { dag } = await import("../../dags/hello_world.ts");
    const { document } = await checkDag(dag);
    expect(document).toMatchObject({
      schedule: { kind: "cron", cron: "0 6 * * *" },
      catchup: false,
      tags: ["my_dags"],
      tasks: [
        {
          taskId: "print_hello",
          operator: "bash",
          retries: 3,
          retryDelay: 300,
          dependsOnPast: false,
        },
        { taskId: "print_world", upstream: ["print_hello"], retries: 3, dependsOnPast: true },
      ],
    });
    const { result, lines } = await runTask(dag, "print_hello");
    expect(result).toBe("Hello");
    expect(lines).toContain("info: Hello");
  });
});
