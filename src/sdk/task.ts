// Declaring a task and placing it: `dag.task(…)` gives a callable, calling it puts the task into
// the DAG.
import { type CallSite, captureCallSite } from "./call-site.ts";
import {
  childId,
  type DagGraph,
  type GroupRecord,
  nameOf,
  type Placement,
  type TaskRecord,
  type Work,
} from "./drawing/graph.ts";
import type { InputArguments, Inputs, ListInput, ListInputs, NoInputs } from "./inputs.ts";
import type { SensorOptions, TaskOptions } from "./options.ts";
import { findResults } from "./results.ts";
import { createReference, type TaskRef } from "./task-ref.ts";

/**
 * A function task that is declared. Calling it places it once, names its inputs and draws their
 * edges.
 */
export interface Task<A, R> {
  (...inputs: InputArguments<A>): TaskRef<R>;
  /**
   * The same work under other options, most often another id; the original need not be placed then.
   *
   * ```ts
   * const large = load.override({ taskId: "load_large", executionTimeout: "1 hour" })({ rows });
   * ```
   */
  override(options: TaskOptions & { readonly taskId?: string }): Task<A, R>;
  /**
   * Fixes some inputs for every instance of a mapped task.
   *
   * ```ts
   * countLines.partial({ bucket: "landing" }).expand({ key: keys });
   * ```
   */
  partial<P extends Partial<Inputs<A>>>(
    inputs: P & { readonly [K in Exclude<keyof P, keyof A>]: never },
  ): PartialTask<Omit<A, keyof P>, R>;
  /**
   * One instance per item of each list; with several lists, per combination (Airflow: expand).
   *
   * ```ts
   * countLines.expand({ bucket: ["eu", "us"], key: keys });
   * ```
   */
  expand<L extends Partial<ListInputs<A>>>(
    lists: L & RequiredLists<A, L> & { readonly [K in Exclude<keyof L, keyof A>]: never },
  ): TaskRef<readonly R[]>;
  /**
   * One instance per object of inputs in the list (Airflow: expand_kwargs).
   *
   * ```ts
   * countLines.expandKwargs([{ bucket: "eu", key: "a.csv" }]);
   * ```
   */
  expandKwargs(list: ListInput<A>): TaskRef<readonly R[]>;
}

/** A sensor that is declared: a task whose function is poked until it says that it is done. */
export interface Sensor<A, R> extends Omit<Task<A, R>, "override"> {
  (...inputs: InputArguments<A>): TaskRef<R>;
  /** The same poke under other options, most often another id. */
  override(options: SensorOptions & { readonly taskId?: string }): Sensor<A, R>;
}

/** A task with some of its inputs fixed, to be mapped over the others. */
export type PartialTask<A, R> = Pick<Task<A, R>, "expand" | "expandKwargs">;

/**
 * A task that runs an operator: its fields were given to the operator, so it is called with
 * nothing.
 */
export interface OperatorTask<R, F> {
  (): TaskRef<R>;
  override(options: TaskOptions & { readonly taskId?: string }): OperatorTask<R, F>;
  /**
   * One instance per item of each list of field values, over those given to the operator (Airflow:
   * expand).
   */
  expand(lists: Partial<ListInputs<F>>): TaskRef<readonly R[]>;
}

/** The names that a call of `expand` must still give. */
type RequiredLists<A, L> = {
  readonly [K in Exclude<RequiredKeys<A>, keyof L>]: ListInput<A[K]>;
};

type RequiredKeys<A> = {
  [K in keyof A]-?: NoInputs extends Pick<A, K> ? never : K;
}[keyof A];

export interface Declaration {
  readonly graph: DagGraph;
  readonly group: GroupRecord | undefined;
  /** As written, without the prefix of the group. */
  readonly localId: string;
  readonly work: Work;
  readonly options: SensorOptions;
  readonly site: CallSite;
  /** Absent for a new declaration. */
  readonly family?: object;
}

type Declared<A, R> = Task<A, R> & OperatorTask<R, A> & Sensor<A, R>;

/** Records the task and gives its callable. */
export function declareTask<A, R>(parts: Declaration): Declared<A, R> {
  const { graph, group, localId, work, options, site } = parts;
  const record: TaskRecord = {
    kind: "task",
    graph,
    taskId: childId(group, localId),
    group,
    work,
    options,
    site,
    family: parts.family ?? {},
    isOverridden: false,
    placement: undefined,
    part: undefined,
    failsRun: false,
  };
  graph.declared.push(record);

  function task(inputs?: object): TaskRef<R> {
    return place<R>(record, { inputs: { ...inputs }, site: captureCallSite(task) });
  }
  function override({
    taskId = localId,
    ...changes
  }: SensorOptions & { readonly taskId?: string }): Declared<A, R> {
    record.isOverridden = true;
    return declareTask<A, R>({
      ...parts,
      localId: taskId,
      options: { ...options, ...changes },
      family: record.family,
      site: captureCallSite(override),
    });
  }
  return Object.assign(task, {
    ...unplacedEdges(record),
    override,
    partial: (inputs: object) => mapping<R>(record, inputs),
    ...mapping<R>(record, {}),
  });
}

/**
 * Edges of a task that isn't placed can't be drawn. Types say so; for authors without them each is
 * a mistake that names the task, where "before is not a function" would name nothing.
 */
function unplacedEdges(record: TaskRecord) {
  const edge = (method: "before" | "after") =>
    function draw(this: unknown): unknown {
      record.graph.mistakes.push({
        code: "task-never-placed",
        taskId: record.taskId,
        site: captureCallSite(draw),
        message: `${nameOf(record)}: ${method}() was called on a task that isn't placed yet`,
        hint: `call the task first, and keep what that returns: const placed = ${record.work.kind === "operator" ? "task()" : "task(inputs)"}; placed.${method}(…)`,
      });
      return this;
    };
  return { before: edge("before"), after: edge("after") };
}

/** The two ways to map a task, over the inputs that are the same for every instance. */
function mapping<R>(record: TaskRecord, fixed: object) {
  const inputs = { ...fixed };
  function expand(lists: object): TaskRef<readonly R[]> {
    return place(record, { inputs, over: { ...lists }, site: captureCallSite(expand) });
  }
  function expandKwargs(list: unknown): TaskRef<readonly R[]> {
    return place(record, { inputs, kwargs: list, site: captureCallSite(expandKwargs) });
  }
  return { expand, expandKwargs };
}

function place<T>(record: TaskRecord, placement: Placement): TaskRef<T> {
  const { graph, taskId } = record;
  if (record.placement) {
    graph.mistakes.push({
      code: "task-placed-twice",
      taskId,
      site: placement.site,
      message: `Task "${taskId}" of DAG "${graph.dagId}" is placed twice`,
      hint: `use .override({ taskId }) to place it again`,
    });
    return createReference({ kind: "result", task: record, path: [] });
  }
  record.placement = placement;
  graph.placed.push(record);
  const given = record.work.kind === "operator" ? record.work.operator.fields : undefined;
  for (const source of findResults([given, placement.inputs, placement.over, placement.kwargs])) {
    graph.reads.push({ task: record, source });
  }
  return createReference({ kind: "result", task: record, path: [] });
}
