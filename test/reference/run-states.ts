// The states of one run's tasks in virtual time: rules, decisions and how verdicts spread, as
// Airflow has them. Knows nothing of order in a machine; the reference scheduler and the simulator
// of compiled machines stand on it.

import {
  countUpstream,
  evaluateTriggerRule,
  type TriggerVerdict,
} from "../../src/model/dependencies/trigger-rules.ts";
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";
import type { FinishedState } from "../../src/model/states.ts";
import { findScopes } from "./scopes.ts";

/** What a task does once it is started. */
export interface ScriptedTask {
  /** Seconds from start to end, all tries included; more than 0. */
  readonly duration: number;
  /**
   * Of a sensor, whose pokes take so long in turn, with so much time in between; `duration` is all
   * of it.
   */
  readonly pokes?: { readonly seconds: readonly number[]; readonly interval: number };
  readonly outcome: "success" | "failed" | "skipped";
  /** The label that a branch answers when it succeeds, one of its cases; absent follows none. */
  readonly label?: string;
  /** What a short circuit answers when it succeeds; false skips what follows. */
  readonly passes?: boolean;
  /**
   * Moment at which the previous run lets a task with dependsOnPast start; absent means the run's
   * start.
   */
  readonly pastDone?: number;
}

export type Script = Readonly<Record<string, ScriptedTask>>;

export interface TaskEnd {
  readonly state: FinishedState;
  /** Seconds from the run's start; absent for a task that never started. */
  readonly start?: number;
  /** When its final state was recorded. */
  readonly end: number;
}

export interface RunStates {
  /** Ends so far, in the order of their recording. */
  readonly ends: ReadonlyMap<string, TaskEnd>;
  scripted(taskId: string): ScriptedTask;
  /** Whether the task may start, may not yet, or has ended (so it needn't start). */
  look(taskId: string, now: number): "run" | "wait" | "ended";
  start(taskId: string, now: number): void;
  /**
   * Ends a started task as scripted; spreads what follows. Answers every task whose turn may have
   * come or gone.
   */
  finish(taskId: string, now: number): readonly string[];
}

export function createRunStates({ tasks }: DagDocument, script: Script): RunStates {
  const byId = new Map(tasks.map((task) => [task.taskId, task]));
  const followers = new Map(tasks.map(({ taskId }): [string, string[]] => [taskId, []]));
  for (const { taskId, upstream } of tasks) {
    for (const above of upstream) followers.get(above)?.push(taskId);
  }
  const scopes = findScopes(tasks, followers);
  const starts = new Map<string, number>();
  const ends = new Map<string, TaskEnd>();

  const taskOf = (taskId: string): TaskDocument => {
    const found = byId.get(taskId);
    if (!found) throw new Error(`no task "${taskId}"`);
    return found;
  };
  const scripted = (taskId: string): ScriptedTask => {
    const found = script[taskId];
    if (!found) throw new Error(`no script for task "${taskId}"`);
    return found;
  };

  /** Everything below the tasks, and themselves. */
  function withDescendants(taskIds: readonly string[]): Set<string> {
    const found = new Set(taskIds);
    for (const taskId of found) for (const below of followers.get(taskId) ?? []) found.add(below);
    return found;
  }

  /**
   * Whom the decision of a task that has succeeded skips (Airflow: SkipMixin,
   * ShortCircuitOperator).
   */
  function skippedBy({ taskId, decision }: TaskDocument): readonly string[] {
    const direct = followers.get(taskId) ?? [];
    const { label, passes } = scripted(taskId);
    if (decision?.kind === "branch") {
      const kept = withDescendants(decision.cases[label ?? ""] ?? []);
      return direct.filter((id) => !kept.has(id));
    }
    if (decision?.kind !== "short-circuit" || passes !== false) return [];
    const below = decision.ignoreDownstreamTriggerRules ? [...withDescendants(direct)] : direct;
    return below.filter((id) => !taskOf(id).isTeardown);
  }

  /**
   * Records an end, what its decision skips, and then all verdicts that follow; answers the tasks
   * concerned.
   */
  function settle(taskId: string, end: TaskEnd): readonly string[] {
    ends.set(taskId, end);
    const ended = [taskId];
    const skips = end.state === "success" ? skippedBy(taskOf(taskId)) : [];
    for (const skipped of skips) {
      if (starts.has(skipped) || ends.has(skipped)) continue;
      ends.set(skipped, { state: "skipped", end: end.end });
      ended.push(skipped);
    }
    const touched = new Set<string>();
    for (const id of ended) {
      touched.add(id);
      for (const below of [...(followers.get(id) ?? []), ...scopes.watchers(id)]) {
        touched.add(below);
        const state = verdictOf(below);
        if (!state) continue;
        ends.set(below, { state, end: end.end });
        ended.push(below);
      }
    }
    return [...touched];
  }

  /** The rule, after what the setups decide and before what the scopes wait for. */
  function ruleOf(taskId: string): TriggerVerdict {
    const { triggerRule, upstream } = taskOf(taskId);
    const stateOf = (id: string) => ends.get(id)?.state ?? null;
    const setups = scopes.setups(taskId).map(stateOf);
    if (setups.some((state) => state === "failed" || state === "upstream_failed")) {
      return { kind: "set", state: "upstream_failed" };
    }
    if (setups.includes("skipped")) return { kind: "set", state: "skipped" };
    const flags = upstream.map((id) => taskOf(id).isSetup === true);
    const verdict = evaluateTriggerRule(triggerRule, countUpstream(upstream.map(stateOf), flags));
    const waits = [...setups, ...scopes.between(taskId).map(stateOf)].includes(null);
    return verdict.kind === "run" && waits ? { kind: "wait" } : verdict;
  }

  function verdictOf(taskId: string): FinishedState | undefined {
    if (ends.has(taskId) || starts.has(taskId)) return undefined;
    const rule = ruleOf(taskId);
    return rule.kind === "set" ? rule.state : undefined;
  }

  return {
    ends,
    scripted,
    look(taskId, now) {
      if (ends.has(taskId)) return "ended";
      const { dependsOnPast, waitForDownstream } = taskOf(taskId);
      const held = dependsOnPast || waitForDownstream ? (scripted(taskId).pastDone ?? 0) : 0;
      return ruleOf(taskId).kind === "run" && held <= now ? "run" : "wait";
    },
    start(taskId, now) {
      if (starts.has(taskId)) throw new Error(`task "${taskId}" is started twice`);
      starts.set(taskId, now);
    },
    finish(taskId, now) {
      const start = starts.get(taskId);
      if (start === undefined) throw new Error(`task "${taskId}" ends without a start`);
      return settle(taskId, { state: scripted(taskId).outcome, start, end: now });
    },
  };
}
