// What the compiler tells of mistakes and limits, and the States Language that it writes for one
// task.
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import { countBytes } from "../../src/compiler/machine-size.ts";
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";
import { dag, task } from "../reference/documents.ts";
import { randomDocument } from "../reference/random-dags.ts";
import type { Script } from "../reference/run-states.ts";
import { schedule } from "../reference/scheduler.ts";
import { simulate } from "./simulator.ts";
import { listStates } from "./structure.ts";

const OPTIONS = {
  functions: { worker: "worker", recorder: "recorder", triggerQueueUrl: "triggers" },
};
const A_YEAR = 31_536_000;

const diagnose = (document: DagDocument) => compile(document, OPTIONS).diagnostics;
const gatesOf = (tasks: readonly TaskDocument[]) => compile(dag("d", tasks), OPTIONS).gates;

describe("mistakes are diagnostics", () => {
  test("a cycle is named whole, in the direction of its edges", () => {
    const tasks = [task("start"), task("a", ["start", "c"]), task("b", ["a"]), task("c", ["b"])];
    const [diagnostic, ...others] = diagnose(dag("orders", tasks));
    expect(others).toEqual([]);
    expect(diagnostic).toMatchObject({ code: "cycle", severity: "error", dagId: "orders" });
    expect(diagnostic?.message).toMatch(/a → b → c → a|b → c → a → b|c → a → b → c/);
  });

  test("a task after itself is a cycle of one", () => {
    expect(diagnose(dag("d", [task("a", ["a"])]))[0]?.message).toContain("a → a");
  });

  test("each of several cycles is told", () => {
    const tasks = [task("a", ["b"]), task("b", ["a"]), task("c", ["d"]), task("d", ["c"])];
    expect(diagnose(dag("d", tasks)).map(({ code }) => code)).toEqual(["cycle", "cycle"]);
  });

  test("an unknown upstream is named with the task that wants it", () => {
    expect(diagnose(dag("d", [task("load", ["extrct"])]))).toMatchObject([
      { code: "unknown-task", taskId: "load", message: expect.stringContaining('"extrct"') },
    ]);
  });

  test("a task has 10,000 instances at most", () => {
    const of = (over: Readonly<Record<string, number>>) => task("each", [], { mapped: { over } });
    expect(diagnose(dag("d", [of({ key: 100, bucket: 100 })]))).toEqual([]);
    expect(diagnose(dag("d", [of({ key: 101, bucket: 100 })]))).toMatchObject([
      { code: "mapping-too-long", taskId: "each", severity: "error" },
    ]);
  });

  test("waits of more than a year are told one by one", () => {
    const options = {
      executionTimeout: A_YEAR + 1,
      retryDelay: A_YEAR + 2,
      maxRetryDelay: A_YEAR + 3,
    };
    const document = dag("d", [task("a", [], options)], { dagrunTimeout: A_YEAR + 4 });
    expect(diagnose(document).map(({ code, taskId }) => [code, taskId])).toEqual([
      ["wait-too-long", undefined],
      ["wait-too-long", "a"],
      ["wait-too-long", "a"],
      ["wait-too-long", "a"],
    ]);
    const sensor = {
      pokeInterval: A_YEAR + 5,
      timeout: A_YEAR + 6,
      maxWait: A_YEAR + 7,
      softFail: false,
      exponentialBackoff: true,
    };
    const told = diagnose(dag("d", [task("s", [], { sensor })])).map(({ message }) => message);
    expect(told.map((message) => /has a (\w+) of/.exec(message)?.[1])).toEqual([
      "timeout",
      "pokeInterval",
      "maxWait",
    ]);
    const limits = { executionTimeout: A_YEAR, retryDelay: A_YEAR, maxRetryDelay: A_YEAR };
    expect(diagnose(dag("d", [task("a", [], limits)], { dagrunTimeout: A_YEAR }))).toEqual([]);
  });

  test("a machine of more than a megabyte, or a history of more than 25,000 events, is too large", () => {
    const chain = (length: number) =>
      dag(
        "d",
        Array.from({ length }, (_, index) =>
          task(`t${index}`, index === 0 ? [] : [`t${index - 1}`]),
        ),
      );
    expect(diagnose(chain(900))).toEqual([]);
    expect(diagnose(chain(1_600)).map(({ code }) => code)).toEqual(["definition-too-large"]);
    expect(diagnose(chain(3_000)).map(({ code }) => code)).toEqual([
      "history-too-long",
      "definition-too-large",
    ]);
  });

  test("the size told is that of the JSON text, in bytes", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { definition } = compile(randomDocument(seed), OPTIONS);
      expect(countBytes(definition)).toBe(JSON.stringify(definition).length);
    }
    const { definition } = compile(dag("d", [task("größe_测试")]), OPTIONS);
    expect(countBytes(definition)).toBe(Buffer.byteLength(JSON.stringify(definition)));
  });
});

describe("states", () => {
  test("a DAG without tasks has only its end", () => {
    const { definition, gates, diagnostics } = compile(dag("d", []), OPTIONS);
    expect(Object.keys(definition.States)).toEqual(["finish"]);
    expect({ gates, diagnostics }).toEqual({ gates: [], diagnostics: [] });
  });

  test("names are unique and at most 80 characters, whatever the ids", () => {
    const long = "x".repeat(250);
    const ids = ["finish", "parallel 1", "a: gate", "a", `${long}1`, `${long}2`, "__proto__", "1"];
    const tasks = ids.map((id) => task(id, [], { dependsOnPast: true }));
    const names = listStates(compile(dag("d", tasks), OPTIONS).definition).map(({ name }) => name);
    expect(names).toHaveLength(ids.length * 3 + 2);
    expect(new Set(names).size).toBe(names.length);
    expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(80);
  });

  test("a Parallel so wide that the ids of its branches could break Step Functions' 256 KiB drops them", () => {
    const width = (count: number) => {
      const tasks = Array.from({ length: count }, (_, index) => task(`t${index}`));
      const states = listStates(compile(dag("d", tasks), OPTIONS).definition);
      return states.filter(({ state }) => state.Type === "Task" && state.OutputPath === null)
        .length;
    };
    expect(width(399)).toBe(0);
    // Each branch ends in its task's state or in the one that waits by messages.
    expect(width(400)).toBe(800);
  });
});

describe("gates", () => {
  test("rules that may fire early need one only with several upstreams", () => {
    for (const triggerRule of ["one_success", "one_failed", "one_done"] as const) {
      const [a, b] = [task("a"), task("b")];
      expect(gatesOf([a, task("x", ["a"], { triggerRule })])).toEqual([]);
      expect(gatesOf([a, b, task("x", ["a", "b"], { triggerRule })])).toEqual(["x"]);
    }
  });

  test("nested branches with joins, and what follows them, need none", () => {
    const join = { triggerRule: "none_failed_min_one_success" } as const;
    const decision = { kind: "branch", cases: {} } as const;
    const tasks = [
      task("outer", [], { decision }),
      task("inner", ["outer"], { decision }),
      task("a", ["inner"]),
      task("a2", ["a"]),
      task("b", ["inner"]),
      task("a3", ["a2"]),
      task("join_inner", ["a3", "b", "inner"], join),
      task("other", ["outer"]),
      task("join_outer", ["join_inner", "other"], join),
      task("report", ["join_outer"]),
    ];
    expect(gatesOf(tasks)).toEqual([]);
  });

  test("a short circuit above a pipeline with a cleanup needs none", () => {
    const decision = { kind: "short-circuit", ignoreDownstreamTriggerRules: true } as const;
    const tasks = [
      task("check", [], { decision }),
      task("extract", ["check"]),
      task("load", ["extract"]),
      task("cleanup", ["extract", "load"], { triggerRule: "all_done" }),
      task("report", ["cleanup"], { triggerRule: "all_done" }),
    ];
    expect(gatesOf(tasks)).toEqual([]);
  });

  test("an alarm fires at the moment of the failure while the rest goes on", () => {
    const document = dag("d", [
      task("a"),
      task("b"),
      task("alarm", ["a", "b"], { triggerRule: "one_failed" }),
    ]);
    const { definition } = compile(document, OPTIONS);
    const { ends } = simulate(definition, document, {
      a: { duration: 100, outcome: "success" },
      b: { duration: 3, outcome: "failed" },
      alarm: { duration: 1, outcome: "success" },
    });
    expect(ends.get("alarm")).toEqual({ state: "success", start: 3, end: 4 });
  });
});

describe("no task starts late", () => {
  /** Runs the tasks as the machine has them: all succeed at once but those told. */
  const runs = (tasks: readonly TaskDocument[], told: Script) => {
    const document = dag("d", tasks);
    const quick = { duration: 1, outcome: "success" } as const;
    const script = Object.fromEntries(tasks.map(({ taskId }) => [taskId, told[taskId] ?? quick]));
    const { definition } = compile(document, OPTIONS);
    const { ends, early } = simulate(definition, document, script);
    expect(early).toEqual([]);
    expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(schedule(document, script)));
    return ends;
  };
  const slow = { duration: 100, outcome: "success" } as const;
  const fails = { duration: 2, outcome: "failed" } as const;
  const decision = { kind: "branch", cases: {} } as const;
  const done = { triggerRule: "all_done" } as const;

  test("after one that a branch skips while another upstream of it still runs", () => {
    const tasks = [
      task("choose", [], { decision }),
      task("slow"),
      task("x", ["choose", "slow"], done),
      task("after", ["x"], done),
    ];
    expect(runs(tasks, { slow }).get("after")?.start).toBe(1);
  });

  test("after one that a branch skips, though another right below the branch had started before", () => {
    const tasks = [
      task("choose", [], { decision }),
      task("fast"),
      task("w", ["choose", "fast"], { triggerRule: "one_success" }),
      task("x", ["choose", "w"], done),
      task("after", ["x"], done),
    ];
    const choose = { duration: 5, outcome: "success" } as const;
    expect(runs(tasks, { choose, w: slow }).get("after")?.start).toBe(5);
  });

  test("after a failure that doesn't decide all that is below it", () => {
    const tasks = [
      task("y"),
      task("c", ["y"]),
      task("d", ["c"], { triggerRule: "none_skipped" }),
      task("x", ["y", "d"], { triggerRule: "none_failed_min_one_success" }),
      task("after", ["x"], done),
    ];
    const ends = runs(tasks, { y: fails, d: slow });
    expect(ends.get("d")?.start).toBe(2);
    expect(ends.get("after")?.start).toBe(2);
  });

  test("under a short circuit that skips all, while what is above it still runs", () => {
    const deep = { kind: "short-circuit", ignoreDownstreamTriggerRules: true } as const;
    const tasks = [
      task("check", [], { decision: deep }),
      task("slow"),
      task("x", ["check", "slow"], done),
      task("after", ["x"], done),
    ];
    const check = { duration: 1, outcome: "success", passes: false } as const;
    const ends = runs(tasks, { check, slow });
    expect(ends.get("after")).toEqual({ state: "skipped", end: 1 });
    expect(gatesOf(tasks)).toEqual([]);
  });
});
