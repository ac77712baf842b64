// Follows a run of the product, record by record, and says where it does what Airflow would not.
// Only what tasks and people do, and in which order, is taken from the run; what follows from it is
// the reference's: every start, every verdict and every end must be the one that its rules give in
// the states of that moment, and when nothing goes on, nothing may be left that could.
import type { DagRunRecord, TaskInstanceRecord } from "../../../src/model/records.ts";
import type { FinishedState } from "../../../src/model/states.ts";
import type { State } from "../airflow-rules.ts";
import { createRunModel, type InstanceId, isDone, type RunModel, WHOLE } from "../run-model.ts";
import type { Wish } from "./interventions.ts";
import { createLimitsCheck } from "./limits-check.ts";
import { createObservedInstances } from "./observed-instances.ts";
import type { RandomCase } from "./random-cases.ts";
import { allInstances, endOfRun, selectChanges, type Wanted } from "./selections.ts";

export interface RunChecker {
  readonly model: RunModel;
  /** What was wrong so far, and all that happened, a line each. */
  readonly problems: readonly string[];
  readonly history: readonly string[];
  /** Ends of instances so far. */
  readonly ends: number;
  /** How often two of Airflow's dependencies gave different states at the same moment. */
  readonly ambiguous: number;
  changed(record: TaskInstanceRecord): void;
  runChanged(run: DagRunRecord): void;
  /** People ask for this now. */
  asks(act: Wish): void;
  /** It is done; `isRefused`: nothing was. */
  asked(isRefused: boolean): void;
  /** Nothing more happens at this moment, epoch ms. */
  quiet(now: number): void;
}

export interface CheckOptions {
  /** How long what may happen takes to happen, in seconds. */
  readonly patience: number;
}

interface Tries {
  count: number;
  max: number;
}

const nameOf = ({ taskId, mapIndex }: InstanceId) =>
  mapIndex === WHOLE ? taskId : `${taskId}[${mapIndex}]`;

const BEFORE_RUN: readonly State[] = [null, "scheduled"];
/** Whose rules are asked (Airflow: SCHEDULEABLE_STATES), and those that wait for slots. */
const ASKED: readonly State[] = [null, "scheduled", "up_for_retry", "up_for_reschedule"];
const MAY_BEGIN: readonly State[] = [null, "up_for_retry", "up_for_reschedule"];

export function createRunChecker(
  { document, outcomes, pools, threads, interventions }: RandomCase,
  { patience }: CheckOptions,
): RunChecker {
  const model = createRunModel(document);
  const observed = createObservedInstances(document);
  const limits = createLimitsCheck(document, pools, model);
  const mayDie = interventions.some(({ act }) => act.kind === "die");
  const problems: string[] = [];
  const history: string[] = [];
  const tries = new Map<string, Tries>();
  /** Skipped by a decision, which is to be recorded. */
  const skips = new Set<string>();
  /** What people have asked for and is not yet recorded, by instance. */
  let wanted: Map<string, Wanted> | undefined;
  /** Instances that could start when nothing went on the last time, and wait for a thread. */
  let ready = new Set<string>();
  let lateSince = new Map<string, number>();
  let runState: DagRunRecord["state"] = "queued";
  let ends = 0;
  let ambiguous = 0;

  function wrong(text: string): void {
    problems.push(text);
    history.push(`  WRONG: ${text}`);
  }

  function triesOf(id: InstanceId): Tries {
    const name = nameOf(id);
    let known = tries.get(name);
    if (!known) {
      known = { count: 0, max: model.tasks.get(id.taskId)?.retries ?? 0 };
      tries.set(name, known);
    }
    return known;
  }

  function judge(id: InstanceId, state: State) {
    return model.judge(id, state === "up_for_retry" || state === "up_for_reschedule");
  }

  function expectRun(id: InstanceId, from: State): void {
    if (!MAY_BEGIN.includes(from)) return;
    const name = nameOf(id);
    // It had waited for a thread, which the decider gave back at the same moment.
    if (ready.has(name)) {
      if (skips.delete(name)) ambiguous += 1;
      return;
    }
    if (skips.has(name)) wrong(`${name} begins though a decision has skipped it`);
    const verdict = judge(id, from);
    if (verdict.kind === "run") return;
    const states = verdict.kind === "ends" ? [...verdict.states].join(" or ") : "it waits";
    wrong(`${nameOf(id)} begins from ${from}, but by its rules: ${states}`);
  }

  function begin(id: InstanceId, from: State, record: TaskInstanceRecord): void {
    expectRun(id, from);
    const known = triesOf(id);
    const isSameTry = record.tryNumber === known.count;
    if (isSameTry) return;
    known.count += 1;
    model.setResult(id, undefined);
    if (record.tryNumber !== known.count || record.maxTries !== known.max) {
      wrong(
        `${nameOf(id)} begins try ${record.tryNumber} of ${record.maxTries + 1}, not ${known.count} of ${known.max + 1}`,
      );
    }
  }

  /** What a try of this number does, or is cut short. */
  function endTry(id: InstanceId, state: State, record: TaskInstanceRecord): void {
    const { ending, result } = outcomes(id, record.tryNumber);
    const known = triesOf(id);
    // The engine has died, and no retry is lost.
    if (mayDie && state === "up_for_retry" && record.tries.at(-1)?.isLost) {
      known.max += 1;
      return;
    }
    const isLeft = record.tryNumber <= known.max && ending === "failed";
    const expected: State =
      ending === "failed" || ending === "fatal" ? (isLeft ? "up_for_retry" : "failed") : ending;
    if (state === "up_for_reschedule" && model.tasks.get(id.taskId)?.sensor) return;
    if (state !== expected) wrong(`${nameOf(id)} ends as ${state}, not ${expected}`);
    if (state === "success") model.setResult(id, result);
  }

  function noteSkips(id: InstanceId): void {
    for (const each of model.skippedBy(id)) {
      if (BEFORE_RUN.includes(model.stateOf(each))) skips.add(nameOf(each));
    }
  }

  /** An end without a try. */
  function expectVerdict(id: InstanceId, from: State, state: FinishedState): void {
    const name = nameOf(id);
    const isSkip = skips.delete(name);
    if (isSkip && state === "skipped") return;
    if (!ASKED.includes(from)) {
      wrong(`${name} ends as ${state} from ${from}`);
      return;
    }
    const verdict = model.judge(id);
    if (verdict.kind === "ends") {
      if (verdict.states.size > 1) ambiguous += 1;
      if (verdict.states.has(state)) return;
      wrong(`${name} ends as ${state}, not ${[...verdict.states].join(" or ")}`);
      return;
    }
    const length = model.isMapped(id.taskId) ? model.lengthOf(id.taskId) : undefined;
    const isRun = verdict.kind === "run" && model.isMapped(id.taskId);
    if (isRun && length === 0 && state === (id.mapIndex === WHOLE ? "skipped" : "removed")) return;
    if (isRun && length === undefined && state === "upstream_failed") return;
    if (state === "removed" && id.mapIndex >= (length ?? Infinity)) return;
    wrong(`${name} ends as ${state}, but by its rules: ${verdict.kind} (length ${length})`);
  }

  function applyWanted(id: InstanceId, state: State): boolean {
    const name = nameOf(id);
    const wish = wanted?.get(name);
    if (!wish || wish.state !== state) return false;
    wanted?.delete(name);
    skips.delete(name);
    if (state === null) {
      const known = triesOf(id);
      known.max = known.count + (model.tasks.get(id.taskId)?.retries ?? 0);
      // The result of an instance is there until its next try begins.
      if (!model.isMapped(id.taskId)) model.setResult(id, undefined);
    }
    return true;
  }

  function moves(id: InstanceId, state: State, record: TaskInstanceRecord): void {
    const from = model.stateOf(id);
    if (from === state && !isDone(state)) return;
    const isAsked = applyWanted(id, state);
    if (from === state) return;
    history.push(
      `  ${nameOf(id)}: ${from} → ${state}${record.message ? ` (${record.message})` : ""}`,
    );
    if (!isAsked) {
      if (state === null) wrong(`${nameOf(id)} is cleared, though nobody has asked for that`);
      else if (state === "scheduled" || state === "queued") expectRun(id, from);
      else if (state === "running") begin(id, from, record);
      else if (from === "running") endTry(id, state, record);
      else if (from === "restarting") restart(id, state);
      else if (isDone(state)) expectVerdict(id, from, state);
      else wrong(`${nameOf(id)} goes from ${from} to ${state}`);
    }
    model.set(id, state);
    if (isDone(state)) ends += 1;
    if (state === "success") noteSkips(id);
    if (state === "removed") model.setResult(id, undefined);
    for (const problem of limits.check(id)) wrong(problem);
  }

  function restart(id: InstanceId, state: State): void {
    if (state !== "up_for_retry") wrong(`${nameOf(id)} was restarting and is ${state}`);
    triesOf(id).max += 1;
  }

  /** What should have happened to the instance by now. */
  function whyStill(
    id: InstanceId,
    { now, isFull }: { readonly now: number; readonly isFull: boolean },
  ): string | undefined {
    const state = model.stateOf(id);
    const name = nameOf(id);
    if (state === "scheduled") return limits.whyWaiting(id);
    if (!ASKED.includes(state)) return undefined;
    if (skips.has(name)) return `${name} is not skipped, though a decision says so`;
    const { kind } = judge(id, state);
    // An inner task of a mapped group that was cleared is asked as a whole until it is expanded
    // again, and Airflow asks its instances: the same end comes later.
    const isInner = id.mapIndex !== WHOLE && model.tasks.get(id.taskId)?.groupId !== undefined;
    if (kind === "ends" && isInner && !observed.isExpanded(id.taskId)) return undefined;
    if (kind === "ends") return `${name} is still ${state}, but by its rules it ends`;
    const due = observed.dueAt(id) ?? 0;
    if (kind === "wait" || due > now - 1) return undefined;
    if (isFull && state === null) ready.add(name);
    return isFull ? undefined : `${name} still waits from ${due} on, but by its rules it runs`;
  }

  function expands(taskId: string, length: number): void {
    const expected = model.lengthOf(taskId);
    history.push(`  ${taskId} is expanded: ${length}`);
    if (expected !== length) wrong(`${taskId} is expanded to ${length}, not ${expected}`);
    const [first] = model.instancesOf(taskId);
    if (first?.mapIndex === WHOLE) expectRun(first, null);
    model.expand(taskId, length);
  }

  return {
    model,
    problems,
    history,
    get ends() {
      return ends;
    },
    get ambiguous() {
      return ambiguous;
    },
    changed(record) {
      const seen = observed.changed(record);
      if (seen.expanded !== undefined) expands(record.taskId, seen.expanded);
      for (const { id, state } of seen.instances) moves(id, state, record);
    },
    runChanged({ state, reason }) {
      const hasEnded = state !== runState && (state === "success" || state === "failed");
      runState = state;
      if (!hasEnded) return;
      history.push(`  the run: ${state} (${reason})`);
      const expected = endOfRun(model);
      const isDeadlocked = expected === undefined && reason === "all_tasks_deadlocked";
      if (reason === undefined || state === expected || isDeadlocked) return;
      wrong(`the run is ${state}, not ${expected ?? "running"}`);
    },
    asks(act) {
      history.push(`asked: ${JSON.stringify(act)}`);
      const changes = selectChanges(model, act);
      wanted = new Map(changes.map((each) => [nameOf(each.id), each]));
    },
    asked(isRefused) {
      if (isRefused) history.push("refused");
      for (const { id, state } of wanted?.values() ?? []) {
        const now = model.stateOf(id);
        if (now !== state && !(isRefused && state === null)) {
          wrong(`${nameOf(id)} was to become ${state}, but is ${now}`);
        }
      }
      wanted = undefined;
    },
    quiet(now) {
      ready = new Set();
      const all = allInstances(model);
      const isFull = all.filter((id) => model.stateOf(id) === "running").length >= threads;
      const late = new Map<string, number>();
      for (const id of all) {
        const problem = whyStill(id, { now, isFull });
        if (problem === undefined) continue;
        const since = lateSince.get(problem) ?? now;
        late.set(problem, since);
        if (now - since >= patience * 1_000) wrong(problem);
      }
      lateSince = late;
      history.push(`-- ${now}`);
    },
  };
}
