// Properties of compiled machines over random DAGs: every task starts the moment its rule allows
// and ends as it must, nothing waits in a circle, and gates are few.
import { describe, expect, test } from "vitest";
import { type CompiledDag, compile } from "../../src/compiler/compile.ts";
import { TRIGGER_RULES } from "../../src/model/dependencies/trigger-rule-names.ts";
import type { DagDocument } from "../../src/model/document.ts";
import { dag, task } from "../reference/documents.ts";
import {
  createRandom,
  randomDocument,
  randomNestedDocument,
  randomScript,
  randomTwoEdgeDocument,
} from "../reference/random-dags.ts";
import { schedule } from "../reference/scheduler.ts";
import { simulate } from "./simulator.ts";
import { actionOf, listOrder, listStates, taskIdsOf } from "./structure.ts";

const FUNCTIONS = { worker: "worker", recorder: "recorder", triggerQueueUrl: "triggers" };

function compileWell(document: DagDocument): CompiledDag {
  const compiled = compile(document, { functions: FUNCTIONS });
  expect(compiled.diagnostics).toEqual([]);
  return compiled;
}

/** Runs the machine and the reference; a difference shows the seed and the task. */
function expectExact(document: DagDocument, scripts: number, seed: number): void {
  const { definition } = compileWell(document);
  for (let index = 0; index < scripts; index += 1) {
    const script = randomScript(document, seed * 100 + index);
    const expected = schedule(document, script);
    const { ends, finished, early } = simulate(definition, document, script);
    const place = `seed ${seed}, script ${index}`;
    expect(early, place).toEqual([]);
    expect(finished, place).toBe(true);
    expect(Object.fromEntries(ends), place).toEqual(Object.fromEntries(expected));
    expect(expected.size, place).toBe(document.tasks.length);
  }
}

describe("every task ends as the reference scheduler says, and starts at the same moment", () => {
  test("in small DAGs of all rules, branches and short circuits", () => {
    for (let seed = 0; seed < 3_000; seed += 1) {
      expectExact(randomDocument(seed, { maxTasks: 9 }), 6, seed);
    }
  });

  test("in DAGs of up to 40 tasks", { timeout: 120_000 }, () => {
    for (let seed = 10_000; seed < 12_000; seed += 1) {
      expectExact(randomDocument(seed, { maxTasks: 40, groups: true }), 3, seed);
    }
  });

  test("in DAGs of one or two rules beside all_success", () => {
    for (let seed = 30_000; seed < 32_000; seed += 1) {
      const { pick } = createRandom(seed);
      const rules = [pick(TRIGGER_RULES), pick(TRIGGER_RULES)];
      expectExact(randomDocument(seed, { maxTasks: 12, rules }), 4, seed);
    }
  });

  test("in DAGs whose tasks wait for the previous run", () => {
    for (let seed = 20_000; seed < 21_000; seed += 1) {
      expectExact(randomDocument(seed, { maxTasks: 15, past: true }), 4, seed);
    }
  });

  test("in DAGs with setups and teardowns", { timeout: 120_000 }, () => {
    for (let seed = 40_000; seed < 41_000; seed += 1) {
      const rules = seed % 2 === 0 ? TRIGGER_RULES : (["all_success"] as const);
      expectExact(randomDocument(seed, { maxTasks: 12, setups: true, rules }), 4, seed);
    }
    for (let seed = 43_000; seed < 43_200; seed += 1) {
      expectExact(randomDocument(seed, { maxTasks: 40, setups: true }), 3, seed);
    }
  });

  test("in DAGs of all_success alone, where most edges cross", () => {
    for (let seed = 0; seed < 60; seed += 1) expectExact(randomTwoEdgeDocument(seed, 30), 3, seed);
  });
});

test("each task has one state to run it, one to wait by messages, and one gate or none", () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const document = randomDocument(seed, { past: true });
    const { definition, gates } = compileWell(document);
    const ids = document.tasks.map(({ taskId }) => taskId).sort();
    expect([...taskIdsOf(definition, "run")].sort()).toEqual(ids);
    expect([...taskIdsOf(definition, "wait")].sort()).toEqual(ids);
    expect([...taskIdsOf(definition, "gate")].sort()).toEqual([...gates].sort());
    expect(listStates(definition).filter(({ state }) => actionOf(state) === "finish")).toHaveLength(
      1,
    );
    const names = listStates(definition).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  }
});

test("what stands before a task in the machine is above it in the DAG, so no gate can wait in a circle", () => {
  for (let seed = 0; seed < 500; seed += 1) {
    const document = randomDocument(seed, { past: true });
    const above = ancestorsOf(document);
    for (const [earlier, later] of listOrder(compileWell(document).definition)) {
      expect(above.get(later)?.has(earlier), `seed ${seed}: ${earlier} before ${later}`).toBe(true);
    }
  }
});

test("DAGs that nest need no gate", () => {
  for (let seed = 0; seed < 300; seed += 1) {
    expect(compileWell(randomNestedDocument(seed, 1 + (seed % 60))).gates).toEqual([]);
  }
});

test("DAGs with two edges per task need few gates", () => {
  const gatesPerTask = (size: number) => {
    let gates = 0;
    for (let seed = 0; seed < 30; seed += 1) {
      gates += compileWell(randomTwoEdgeDocument(seed, size)).gates.length;
    }
    return gates / 30 / size;
  };
  const [small, large] = [gatesPerTask(20), gatesPerTask(40)];
  console.log(`gates per task: ${small.toFixed(3)} at 20 tasks, ${large.toFixed(3)} at 40 tasks`);
  expect(small).toBeLessThanOrEqual(0.25);
  expect(large).toBeLessThanOrEqual(0.4);
});

describe("large DAGs compile", () => {
  const compiledOf = (document: DagDocument) => compile(document, { functions: FUNCTIONS });
  const ids = Array.from({ length: 1_000 }, (_, index) => `t${index}`);

  test("a start, a thousand tasks and an end, without a gate and in a megabyte", () => {
    const tasks = [task("start"), ...ids.map((id) => task(id, ["start"])), task("end", ids)];
    const compiled = compiledOf(dag("fan_out", tasks));
    expect(compiled.gates).toEqual([]);
    expect(compiled.diagnostics).toEqual([]);
  });

  test("a chain of 2,000 tasks, which isn't nested at all", () => {
    const tasks = Array.from({ length: 2_000 }, (_, index) =>
      task(`t${index}`, index === 0 ? [] : [`t${index - 1}`]),
    );
    const compiled = compiledOf(dag("chain", tasks));
    expect(listStates(compiled.definition).some(({ state }) => state.Type === "Parallel")).toBe(
      false,
    );
  });

  test("a chain of 2,500 tasks with one beside each, nested deeper than the stack", () => {
    const tasks = Array.from({ length: 2_500 }, (_, index) => [
      task(`t${index}`, index === 0 ? [] : [`t${index - 1}`]),
      task(`beside${index}`, [`t${index}`]),
    ]);
    const compiled = compiledOf(dag("comb", tasks.flat()));
    expect(compiled.gates).toEqual([]);
  });
});

test("the same document compiles to the same bytes", () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const compileAgain = () => JSON.stringify(compileWell(randomTwoEdgeDocument(seed, 40)));
    expect(compileAgain()).toBe(compileAgain());
  }
});

function ancestorsOf({ tasks }: DagDocument): ReadonlyMap<string, ReadonlySet<string>> {
  const direct = new Map(tasks.map(({ taskId, upstream }) => [taskId, upstream]));
  return new Map(
    tasks.map(({ taskId, upstream }) => {
      const above = new Set(upstream);
      for (const id of above) for (const next of direct.get(id) ?? []) above.add(next);
      return [taskId, above];
    }),
  );
}
