// An author's mistakes at run time: what the compiler would have said is said again, for those who
// have none.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import { toDocument } from "../../src/describe/to-document.ts";
import type { Diagnostic } from "../../src/model/diagnostics.ts";
import { bash, empty } from "../../src/operators/index.ts";
import {
  chain,
  cronTrigger,
  Dag,
  events,
  label,
  multipleCronTrigger,
  param,
  type TaskRef,
} from "../../src/sdk/index.ts";

/** A value of any type, as JavaScript and casts let through. */
function untyped<T>(value: unknown): T {
  return value as T;
}

/** The line of this file that holds a text first. */
function lineOf(text: string): number {
  const lines = readFileSync(import.meta.filename, "utf8").split("\n");
  return lines.findIndex((line) => line.includes(text)) + 1;
}

/** "code: message (hint)" of each diagnostic. */
function mistakesOf(dag: Dag): string[] {
  return toDocument(dag).diagnostics.map(show);
}

function show({ code, message, hint }: Diagnostic): string {
  return `${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
}

function expectMistake(dag: Dag, mistake: string | RegExp): void {
  const mistakes = mistakesOf(dag);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(mistake);
}

test("all mistakes are reported at once, with task and line", () => {
  const dag = new Dag("orders", { startDate: "soon" });
  const load = dag.task("load", async () => 1);
  load();
  load(); // again
  dag.task("forgotten", empty());
  const { diagnostics } = toDocument(dag);
  expect(diagnostics).toEqual([
    {
      code: "task-placed-twice",
      severity: "error",
      dagId: "orders",
      taskId: "load",
      line: lineOf("load(); // again"),
      message: 'Task "load" of DAG "orders" is placed twice',
      hint: "use .override({ taskId }) to place it again",
    },
    {
      code: "bad-date",
      severity: "error",
      dagId: "orders",
      line: lineOf('new Dag("orders"'),
      message:
        'DAG "orders": startDate takes a date as ISO text such as "2026-01-01" or "2026-01-01T06:30", got "soon"',
    },
    {
      code: "task-never-placed",
      severity: "error",
      dagId: "orders",
      taskId: "forgotten",
      line: lineOf('dag.task("forgotten"'),
      message: 'Task "forgotten" of DAG "orders" is declared but never placed',
      hint: 'call it: dag.task("forgotten", …)(…)',
    },
  ]);
});

test("a caller that knows the author's file names it", () => {
  const dag = new Dag("d", { timezone: "Mars" });
  const { diagnostics } = toDocument(dag, {
    locate: ({ file, line }) => ({ file: file.split("/").at(-1) ?? "", line: line + 1_000 }),
  });
  expect(diagnostics).toMatchObject([
    { file: "mistakes.test.ts", line: lineOf('timezone: "Mars"') + 1_000 },
  ]);
});

test("ids", () => {
  expectMistake(new Dag("a b"), 'bad-dag-id: A DAG has the bad id "a b" (use letters');
  const dag = new Dag("d");
  dag.task("../x", empty())();
  dag.task("..", empty())();
  dag.task(async () => 1)();
  dag.taskGroup("a.b");
  expect(mistakesOf(dag).map((mistake) => mistake.slice(0, 60))).toEqual([
    'bad-task-id: Task "../x" of DAG "d" has a bad id (use letters'.slice(0, 60),
    'bad-task-id: Task ".." of DAG "d" has a bad id (use letters,'.slice(0, 60),
    'bad-task-id: Task "" of DAG "d" has a bad id (name the function'.slice(0, 60),
    'bad-task-id: Task group "a.b" of DAG "d" has a bad id (use l'.slice(0, 60),
  ]);
});

test("two tasks or groups with one id", () => {
  const dag = new Dag("d");
  dag.task("a", empty())();
  dag.task("a", empty())();
  const group = dag.taskGroup("g");
  dag.taskGroup("g");
  dag.taskGroup("a");
  const load = group.task("load", empty());
  load();
  load.override({ retries: 1 })();
  expect(mistakesOf(dag)).toEqual([
    'duplicate-task: Task "a" of DAG "d" has the id of another task (give it an id of its own)',
    'task-placed-twice: Task "g.load" of DAG "d" is placed twice (use .override({ taskId }) to place it again)',
    'duplicate-group: Task group "g" of DAG "d" has the id of another group or task (give it an id of its own)',
    'duplicate-group: Task group "a" of DAG "d" has the id of another group or task (give it an id of its own)',
  ]);
});

test("an override that isn't placed either", () => {
  const dag = new Dag("d");
  dag.task("load", empty()).override({ taskId: "load_a" });
  expectMistake(dag, 'task-never-placed: Task "load_a" of DAG "d" is declared but never placed');
});

test("edges and inputs that leave the DAG", () => {
  const dag = new Dag("here");
  const other = new Dag("there");
  const far = other.task("far", async () => 1)();
  const near = dag.task("near", async ({ n }: { n: number }) => n)({ n: far });
  near.after(far);
  chain(near, other.taskGroup("group"));
  expect(mistakesOf(dag)).toEqual([
    'edge-leaves-dag: Task "near" of DAG "here": after() reaches Task "far" of DAG "there"; an edge stays inside DAG "here"',
    'edge-leaves-dag: Task "near" of DAG "here": before() reaches Task group "group" of DAG "there"; an edge stays inside DAG "here"',
    'edge-leaves-dag: Task "near" of DAG "here" reads the result of Task "far" of DAG "there"; an input stays inside its DAG',
  ]);
});

test("an edge to what is no placed task", () => {
  const dag = new Dag("d");
  const a = dag.task("a", empty())();
  const b = dag.task("b", empty());
  b();
  a.before(untyped(b), untyped("b"), untyped(undefined));
  expect(mistakesOf(dag)).toEqual([
    'unknown-task: Task "a" of DAG "d": before() takes placed tasks and task groups, got a task that isn\'t placed; call it first',
    'unknown-task: Task "a" of DAG "d": before() takes placed tasks and task groups, got the text "b"; give what calling the task returned',
    'unknown-task: Task "a" of DAG "d": before() takes placed tasks and task groups, got undefined',
  ]);
});

test("edges of groups that order nothing", () => {
  const dag = new Dag("d");
  const group = dag.taskGroup("group");
  const inner = group.task("inner", empty())();
  group.before(inner);
  group.before(label(dag.taskGroup("nothing"), "x"));
  const { diagnostics } = toDocument(dag);
  expect(diagnostics.map(({ severity, code }) => [severity, code])).toEqual([
    ["error", "cycle"],
    ["warning", "empty-group"],
  ]);
  expect(diagnostics[0]?.message).toBe(
    'Task group "group" of DAG "d" can\'t come before Task "group.inner" of DAG "d": one holds the other',
  );
});

test("options that don't exist or have the wrong kind", () => {
  const dag = new Dag(
    "d",
    untyped({ catchUp: true, tags: "a", maxActiveRuns: 0, defaultArgs: { retires: 1 } }),
  );
  dag
    .taskGroup("g", untyped({ tooltips: "x" }))
    .task("a", empty(), untyped({ retries: -1, owner: 3 }))();
  expect(mistakesOf(dag)).toEqual([
    'bad-option: Option "catchUp" of DAG "d" does not exist (did you mean "catchup"?)',
    'bad-option: Option "tags" of DAG "d" takes a list of texts, got "a"',
    'bad-option: Option "maxActiveRuns" of DAG "d" takes a whole number from 1 on, got 0',
    'bad-option: Option "retires" of the defaultArgs of DAG "d" does not exist (did you mean "retries"?)',
    'bad-option: Option "retries" of task "g.a" of DAG "d" takes a whole number from 0 on, got -1',
    'bad-option: Option "owner" of task "g.a" of DAG "d" takes a text, got 3',
    'bad-option: Option "tooltips" of task group "g" of DAG "d" does not exist (did you mean "tooltip"?)',
  ]);
});

test("durations and trigger rules", () => {
  const dag = new Dag("d");
  dag.task(
    "a",
    empty(),
    untyped({ retryDelay: "5 fortnights", executionTimeout: 0, triggerRule: "all_sucess" }),
  )();
  expect(mistakesOf(dag)).toEqual([
    'bad-duration: Option "retryDelay" of task "a" of DAG "d" takes seconds or a text such as "5 minutes", got "5 fortnights"',
    'bad-duration: Option "executionTimeout" of task "a" of DAG "d" takes more than 0 seconds, or a text such as "1 hour", got 0',
    'unknown-trigger-rule: Option "triggerRule" of task "a" of DAG "d" takes one of Airflow\'s trigger rules, got "all_sucess" (did you mean "all_success"?)',
  ]);
});

test.each<[object, RegExp]>([
  [
    { schedule: "0 25 * * *" },
    /^bad-cron: DAG "d": schedule "0 25 \* \* \*" can't be used: 25 is no hour/,
  ],
  [{ schedule: "@dayly" }, /^bad-cron: DAG "d": schedule "@dayly" can't be used/],
  [{ schedule: cronTrigger("every day") }, /^bad-cron/],
  [
    { schedule: multipleCronTrigger([]) },
    /^bad-schedule: DAG "d": schedule needs at least one cron/,
  ],
  [{ schedule: events([]) }, /^bad-schedule: DAG "d": schedule needs at least one date/],
  [{ schedule: events(["2026-02-30"]) }, /^bad-date: DAG "d": a date of the schedule takes/],
  [{ schedule: { every: "soon" } }, /^bad-duration: DAG "d": schedule takes more than 0 seconds/],
  [{ schedule: { every: 0 } }, /^bad-duration/],
  [{ schedule: 5 }, /^bad-schedule: DAG "d": schedule takes a cron text.* got 5$/],
  [{ timezone: "Europe/Zürich" }, /^bad-timezone: .*got "Europe\/Zürich"$/],
  [{ timezone: "+02:00" }, /^bad-timezone/],
  [
    { startDate: new Date(0) },
    /^bad-date: .*got the Date 1970-01-01T00:00:00.000Z \(a Date has no time zone/,
  ],
  [
    { startDate: "2026-02-01", endDate: "2026-01-01" },
    /^bad-date: DAG "d": endDate "2026-01-01" is before startDate/,
  ],
  [
    { schedule: "@continuous", maxActiveRuns: 2 },
    /^bad-option: .*maxActiveRuns of a "@continuous" schedule is 1, got 2/,
  ],
  [
    { params: { at: new Date(0) } },
    /^bad-param: DAG "d": param "at" is not JSON: default is a Date/,
  ],
  [
    { schedule: "@daily", params: { n: param(undefined) } },
    /^bad-param: DAG "d": param "n" has no default/,
  ],
])("%o of a DAG", (options, mistake) => {
  expectMistake(new Dag("d", untyped(options)), mistake);
});

test("inputs that aren't JSON", () => {
  const dag = new Dag("d");
  dag.task("a", async (inputs: { at: string }) => inputs)({ at: untyped(new Date(0)) });
  expectMistake(dag, 'not-json: Input "at" of task "a" of DAG "d" is not JSON: at is a Date');
});

test("branches that decide nothing or twice", () => {
  const dag = new Dag("d");
  const a = dag.task("a", empty())();
  const pick = dag.task("pick", async (): Promise<string> => "a")();
  dag.branch(pick, { a });
  dag.branch(pick, { b: a });
  dag.if(async () => true, {}, { taskId: "nothing" });
  dag
    .switch(async () => a, {}, { taskId: "double" })
    .case(a)
    .case(a);
  dag.branch(untyped<TaskRef<string>>(a.before), {});
  dag.shortCircuit(new Dag("other").task("far", async () => 1)());
  expect(mistakesOf(dag)).toEqual([
    'bad-branch: Task "pick" of DAG "d" already decides a branch (write all cases into one branch, or decide in another task)',
    'bad-branch: Task "double" of DAG "d" has the case "a" of its switch twice',
    'unknown-task: The decider of a branch in DAG "d" must be a task of it, got something that isn\'t a placed task',
    'edge-leaves-dag: The decider of a short-circuit in DAG "d" must be a task of it, got Task "far" of DAG "other"',
    'bad-branch: Task "nothing" of DAG "d" decides nothing: its if has no cases (add .then(task))',
  ]);
});

test("awaiting a condition is refused with the reason", async () => {
  const dag = new Dag("d");
  const awaited = async () =>
    await untyped<Promise<void>>(dag.if(async () => true, {}, { taskId: "c" }));
  await expect(awaited()).rejects.toThrow(
    'dag.if("c") of DAG "d" was awaited; it draws a branch, so drop the await',
  );
});

test("a task that is neither function nor operator is refused at once", () => {
  expect(() => new Dag("d").task("a", untyped<() => number>({ bashCommand: "x" }))).toThrow(
    'Task "a" of DAG "d" takes a function or an operator, got object',
  );
});

test("only a scheduled DAG needs defaults that their schemas allow", async () => {
  const params = {
    none: param(null, { type: "string" }),
    wrong: param("x", { type: "integer" }),
    must: param(undefined, { type: "string" }),
  };
  const check = async (schedule: string | null, given: object) => {
    const dag = new Dag("d", { schedule, startDate: "2026-01-01", params: untyped(given) });
    dag.task("a", () => 1)();
    return (await checkDag(dag)).diagnostics.map((each) => `${each.severity} ${show(each)}`);
  };
  expect(await check(null, params)).toEqual([]);
  expect(await check("@daily", params)).toEqual([
    expect.stringContaining('error bad-param: DAG "d": param "must" has no default'),
    'error bad-param: DAG "d": the default of param "none" must be string (give it a default that its schema allows, or set schedule to null)',
    'error bad-param: DAG "d": the default of param "wrong" must be integer (give it a default that its schema allows, or set schedule to null)',
  ]);
  const unusable = { n: param(1, { type: "nonsense" }) };
  for (const [schedule, severity] of [
    [null, "warning"],
    ["@once", "error"],
  ] as const) {
    expect(await check(schedule, unusable)).toEqual([
      expect.stringContaining(
        `${severity} bad-param: DAG "d": param "n" has a schema that can't be used`,
      ),
    ]);
  }
});

test("templates and defaults of params are checked with the libraries they need", async () => {
  const dag = new Dag("d", {
    schedule: "@daily",
    startDate: "2026-01-01",
    params: { days: param("x", { type: "integer" }), free: param(1, {}) },
  });
  dag.task("a", bash({ bashCommand: "{{ dss }}", env: { A: "{{ ds", B: "{{ ds }}" } }))();
  const { document, diagnostics } = await checkDag(dag);
  expect(document.tasks).toHaveLength(1);
  expect(diagnostics.map(show)).toEqual([
    'bad-param: DAG "d": the default of param "days" must be integer (give it a default that its schema allows, or set schedule to null)',
    'unknown-template-name: Field "bashCommand" of task "a" of DAG "d" uses "dss", which templates don\'t have (did you mean "ds"?)',
    expect.stringMatching(/^template-syntax: Field "env" of task "a" of DAG "d" has bad syntax/),
  ]);
});
