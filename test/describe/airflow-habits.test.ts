// What authors who come from Airflow write, and what they are told where it means nothing here.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MISSING_OF_DAGS, MISSING_OF_TASKS } from "../../src/describe/airflow-arguments.ts";
import { checkDag } from "../../src/describe/check-dag.ts";
import { toDocument } from "../../src/describe/to-document.ts";
import type { Diagnostic } from "../../src/model/diagnostics.ts";
import { bash, empty } from "../../src/operators/index.ts";
import { chain, Dag } from "../../src/sdk/index.ts";

/** A value of any type, as JavaScript and casts let through. */
function untyped<T>(value: unknown): T {
  return value as T;
}

/** The line of this file that holds a text first. */
function lineOf(text: string): number {
  const lines = readFileSync(import.meta.filename, "utf8").split("\n");
  return lines.findIndex((line) => line.includes(text)) + 1;
}

function show({ message, hint }: Diagnostic): string {
  return `${message}${hint === undefined ? "" : ` (${hint})`}`;
}

test("an argument that only Airflow has is named, with what to use instead", () => {
  const dag = new Dag("d", untyped({ concurrency: 4, defaultArgs: { email_on_failure: true } }));
  dag.taskGroup("g", untyped({ uiColor: "red" })).task("a", empty(), untyped({ sla: 60 }))();
  const messages = toDocument(dag).diagnostics.map(show);
  expect(messages).toEqual([
    'Option "concurrency" of DAG "d" is Airflow\'s and not supported yet (it is called maxActiveTasks, and holds for each run)',
    expect.stringMatching(
      /^Option "email_on_failure" of the defaultArgs of DAG "d" is Airflow's and not supported yet \(mail from onFailureCallback/,
    ),
    expect.stringMatching(
      /^Option "sla" of task "g\.a" of DAG "d" is Airflow's and not supported yet \(use deadline of the DAG/,
    ),
    'Option "uiColor" of task group "g" of DAG "d" is Airflow\'s and not supported yet (leave it out)',
  ]);
});

test("every missing argument is refused by name, in camelCase and as Python writes it", () => {
  for (const name of Object.keys(MISSING_OF_DAGS)) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const written of [name, snake]) {
      const { diagnostics } = toDocument(new Dag("d", untyped({ [written]: 1 })));
      expect(diagnostics.map(({ message }) => message)).toEqual([
        `Option "${written}" of DAG "d" is Airflow's and not supported yet`,
      ]);
    }
  }
  for (const name of Object.keys(MISSING_OF_TASKS)) {
    const dag = new Dag("d", untyped({ defaultArgs: { [name]: 1 } }));
    dag.task("a", empty())();
    expect(toDocument(dag).diagnostics.map(({ message }) => message)).toEqual([
      `Option "${name}" of the defaultArgs of DAG "d" is Airflow's and not supported yet`,
    ]);
  }
});

test("an option under its name from Python is told its name here", () => {
  const dag = new Dag("d", untyped({ start_date: "2026-01-01", max_active_runs: 1 }));
  dag.task("a", empty(), untyped({ retry_delay: 5 }))();
  expect(toDocument(dag).diagnostics.map(show)).toEqual([
    'Option "start_date" of DAG "d" has its name from Python (write "startDate")',
    'Option "max_active_runs" of DAG "d" has its name from Python (write "maxActiveRuns")',
    'Option "retry_delay" of task "a" of DAG "d" has its name from Python (write "retryDelay")',
  ]);
});

test("an option in the wrong place is told where it belongs", () => {
  const dag = new Dag("d", untyped({ retries: 2, email_on_failure: true, pool: "db" }));
  dag.task("a", empty(), untyped({ schedule: "@daily", catchup: true }))();
  expect(toDocument(dag).diagnostics.map(show)).toEqual([
    'Option "retries" of DAG "d" does not exist (it is an option of tasks; to give it to all of them, put it into defaultArgs)',
    expect.stringContaining(
      'Option "email_on_failure" of DAG "d" is Airflow\'s and not supported yet',
    ),
    'Option "pool" of DAG "d" does not exist (it is an option of tasks; to give it to all of them, put it into defaultArgs)',
    'Option "schedule" of task "a" of DAG "d" does not exist (it is an option of the DAG)',
    'Option "catchup" of task "a" of DAG "d" does not exist (it is an option of the DAG)',
  ]);
});

test("a template in the inputs of a function is warned of, at the call", async () => {
  const dag = new Dag("d");
  const load = dag.task("load", async ({ day }: { day: { text: string } }) => day);
  load({ day: { text: "{{ ds }}" } }); // not rendered
  dag.task("rendered", bash({ bashCommand: "echo {{ ds }}" }))();
  const { diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([
    {
      code: "template-not-rendered",
      severity: "warning",
      dagId: "d",
      taskId: "load",
      line: lineOf("// not rendered"),
      message:
        'Input "day" of task "load" of DAG "d" reaches the function as it is written: "{{ ds }}"',
      hint: expect.stringContaining("getContext()"),
    },
  ]);
});

test("a circle is reported at the edge of it that was drawn last", () => {
  const dag = new Dag("d");
  const [a, b, c] = ["a", "b", "c"].map((id) => dag.task(id, empty())());
  if (!a || !b || !c) throw new Error("no tasks");
  chain(a, b, c);
  c.before(a); // closes the circle
  expect(toDocument(dag).diagnostics).toEqual([
    {
      code: "cycle",
      severity: "error",
      dagId: "d",
      taskId: expect.stringMatching(/^[abc]$/),
      line: lineOf("// closes the circle"),
      message: expect.stringMatching(
        /^The tasks of DAG "d" wait for each other in a circle: ([abc]) → [abc] → [abc] → \1$/,
      ),
      hint: "Take away one of these edges",
    },
  ]);
  const own = new Dag("own");
  const self = own.task("self", empty())();
  self.before(self);
  expect(toDocument(own).diagnostics.map(show)).toEqual([
    'The tasks of DAG "own" wait for each other in a circle: self → self (Take away one of these edges)',
  ]);
});

test("an edge from a task that isn't placed names the task and the call that is missing", () => {
  const dag = new Dag("d");
  const a = untyped<ReturnType<ReturnType<typeof declare>>>(declare(dag));
  const b = dag.task("b", empty())();
  a.before(b).after(b); // not called
  const { diagnostics } = toDocument(dag);
  expect(diagnostics.slice(0, 2)).toMatchObject([
    {
      code: "task-never-placed",
      taskId: "a",
      line: lineOf("// not called"),
      message: 'Task "a" of DAG "d": before() was called on a task that isn\'t placed yet',
      hint: "call the task first, and keep what that returns: const placed = task(inputs); placed.before(…)",
    },
    { message: 'Task "a" of DAG "d": after() was called on a task that isn\'t placed yet' },
  ]);
});

function declare(dag: Dag) {
  return dag.task("a", async () => 1);
}
