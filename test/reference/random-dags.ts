// Random DAGs and what happens in their runs, from seeds: the same seed gives the same DAG and run.

import {
  TRIGGER_RULES,
  type TriggerRule,
} from "../../src/model/dependencies/trigger-rule-names.ts";
import type { DagDocument, Decision, TaskDocument } from "../../src/model/document.ts";
import { dag, task } from "./documents.ts";
import { withRandomSetups } from "./random-setups.ts";
import type { Script, ScriptedTask } from "./run-states.ts";

export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** An integer from 0 to below the bound. */
  below(bound: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
}

/** A seeded generator (mulberry32). */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick<T>(items: readonly T[]): T {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
  };
}

export interface RandomDagOptions {
  /** At most so many tasks, at least one; 40 by default. */
  readonly maxTasks?: number;
  /** All thirteen by default; how often a task keeps `all_success` instead is random. */
  readonly rules?: readonly TriggerRule[];
  /** Branches and short circuits; true by default. */
  readonly decisions?: boolean;
  /** Tasks that wait for the previous run; false by default. */
  readonly past?: boolean;
  /** Puts tasks into nested groups, which changes nothing in their order; false by default. */
  readonly groups?: boolean;
  /** Makes some tasks setups and teardowns; false by default. */
  readonly setups?: boolean;
}

/**
 * A random DAG of mixed shape: chains, fans, nested and crossing edges, with random rules and
 * decisions.
 */
export function randomDocument(seed: number, options: RandomDagOptions = {}): DagDocument {
  const { maxTasks = 40, rules = TRIGGER_RULES, decisions = true, past = false } = options;
  const random = createRandom(seed);
  const size = 1 + random.below(maxTasks);
  const plain = random.next();
  const deciding = decisions ? random.next() * 0.4 : 0;
  const reach = random.chance(0.5) ? size : 1 + random.below(8);
  const edges = 1 + random.next() * 2;
  const ids = Array.from({ length: size }, (_, index) => `t${index}`);

  const upstream = ids.map((_, index) => {
    const wanted = Math.min(index, Math.floor(random.next() * (edges + 1)));
    const above = new Set<string>();
    for (let count = 0; count < wanted; count += 1) {
      above.add(`t${index - 1 - random.below(Math.min(index, reach))}`);
    }
    return [...above];
  });
  const followers = ids.map((id) => ids.filter((_, index) => upstream[index]?.includes(id)));

  const groupIds = options.groups ? ["g0", "g0.g1", "g2"] : [];
  const tasks = ids.map((id, index): TaskDocument => {
    const decision = random.chance(deciding)
      ? randomDecision(random, followers[index] ?? [])
      : undefined;
    const groupId = groupIds.length > 0 && random.chance(0.6) ? random.pick(groupIds) : undefined;
    return task(id, upstream[index], {
      triggerRule: random.chance(plain) ? "all_success" : random.pick(rules),
      dependsOnPast: past && random.chance(0.15),
      waitForDownstream: past && random.chance(0.05),
      ...(decision && { decision }),
      ...(groupId !== undefined && { groupId }),
    });
  });
  const groups = groupIds.map((groupId) =>
    groupId === "g0.g1" ? { groupId, parentId: "g0" } : { groupId },
  );
  const drawn = options.setups ? withRandomSetups(random, tasks) : tasks;
  return dag(`random_${seed}`, shuffled(random, drawn), { groups });
}

/**
 * Every task after the first draws two upstreams among those before it; all rules are all_success.
 */
export function randomTwoEdgeDocument(seed: number, size: number): DagDocument {
  const random = createRandom(seed);
  const tasks = Array.from({ length: size }, (_, index) => {
    const above = new Set<string>();
    while (above.size < Math.min(index, 2)) above.add(`t${random.below(index)}`);
    return task(`t${index}`, [...above]);
  });
  return dag(`two_edges_${seed}`, tasks);
}

/**
 * Sequences and parallels nested at random, so that no gate is needed; all rules are all_success.
 */
export function randomNestedDocument(seed: number, size: number): DagDocument {
  const random = createRandom(seed);
  const tasks: TaskDocument[] = [];
  /** Draws so many tasks after `above`; answers those that nothing follows. */
  const draw = (count: number, above: readonly string[]): readonly string[] => {
    if (count === 1) {
      const id = `t${tasks.length}`;
      tasks.push(task(id, above));
      return [id];
    }
    const first = 1 + random.below(count - 1);
    if (random.chance(0.5)) return draw(count - first, draw(first, above));
    return [...draw(first, above), ...draw(count - first, above)];
  };
  draw(size, []);
  return dag(`nested_${seed}`, tasks);
}

/** What each task of the document does in one run; moments hardly ever coincide. */
export function randomScript(document: DagDocument, seed: number): Script {
  const random = createRandom(seed);
  const failing = random.next() * 0.4;
  const skipping = random.next() * 0.3;
  const scripted = document.tasks.map(({ taskId, decision, dependsOnPast, waitForDownstream }) => {
    const outcome = random.chance(failing)
      ? "failed"
      : random.chance(skipping)
        ? "skipped"
        : "success";
    const labels = decision?.kind === "branch" ? Object.keys(decision.cases) : [];
    const entry: ScriptedTask = {
      duration: randomDuration(random),
      outcome,
      ...(labels.length > 0 && random.chance(0.9) && { label: random.pick(labels) }),
      ...(decision?.kind === "short-circuit" && { passes: random.chance(0.5) }),
      ...((dependsOnPast || waitForDownstream) && {
        pastDone: random.chance(0.5) ? 0 : randomDuration(random),
      }),
    };
    return [taskId, entry] as const;
  });
  return Object.fromEntries(scripted);
}

/** Short and long ones, so that some tasks outlast many others. */
function randomDuration(random: Random): number {
  return random.next() * random.pick([1, 10, 100]) + 1e-6;
}

function randomDecision(random: Random, followers: readonly string[]): Decision | undefined {
  if (random.chance(0.4)) {
    return { kind: "short-circuit", ignoreDownstreamTriggerRules: random.chance(0.6) };
  }
  const labels = ["a", "b", "c"].slice(0, 1 + random.below(3));
  const cases = labels.map((label) => [label, followers.filter(() => random.chance(0.5))] as const);
  return { kind: "branch", cases: Object.fromEntries(cases) };
}

/** Half of the documents list their tasks in another order than the topological one. */
function shuffled<T>(random: Random, items: readonly T[]): readonly T[] {
  if (random.chance(0.5)) return items;
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
