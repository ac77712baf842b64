// What a DAG and a task group have in common: tasks, groups and branches are declared in either.

import { type CallSite, captureCallSite } from "../call-site.ts";
import type {
  CheckedResult,
  InputArguments,
  Inputs,
  ItemsOf,
  ListInput,
  MappedList,
  NoInputs,
} from "../inputs.ts";
import { isOperator, type Operator } from "../operator.ts";
import type { NamedTaskOptions, SensorOptions, TaskGroupOptions, TaskOptions } from "../options.ts";
import type { Poke } from "../poke.ts";
import { declareTask, type OperatorTask, type Sensor, type Task } from "../task.ts";
import { createReference, type Node, type TaskRef } from "../task-ref.ts";
import {
  addBranch,
  addShortCircuit,
  type BranchTargets,
  type Condition,
  createCondition,
  createSwitch,
  type Switch,
} from "./branching.ts";
import { drawEdges, drawSources, type Nodes } from "./edges.ts";
import {
  childId,
  type DagGraph,
  GRAPH,
  type GroupMapping,
  type GroupRecord,
  type Handler,
  NODE,
  nameOf,
} from "./graph.ts";

/** Inputs and options of a deciding handler: inputs may be left out when it takes none. */
type DeciderArguments<A> =
  InputArguments<A> extends [infer Given]
    ? [inputs: Given, options?: NamedTaskOptions]
    : [inputs?: Inputs<A>, options?: NamedTaskOptions];

/** What `task` returns: only an operator has fields. */
type DeclaredTask<A, R, F> = [F] extends [never] ? Task<A, R> : OperatorTask<R, F>;

/** What a task does: a handler or an operator, whose result JSON can carry. */
type Work<A, R, F> = (((inputs: A) => R | Promise<R>) | Operator<R, F>) & CheckedResult<R>;

type CheckedHandler<H> = H extends (inputs: never) => infer R ? CheckedResult<Awaited<R>> : unknown;

/** Where tasks are declared: the base of `Dag` and `TaskGroup`. */
export abstract class Scope {
  readonly [GRAPH]: DagGraph;
  readonly #group: GroupRecord | undefined;

  constructor(graph: DagGraph, group?: GroupRecord) {
    this[GRAPH] = graph;
    this.#group = group;
  }

  /**
   * Declares a task; calling what it returns places it. A handler takes one object of named inputs.
   * Without an id the task is named after its function.
   *
   * ```ts
   * const extract = dag.task("extract", async () => [1, 2, 3]);
   * const count = dag.task("count", async ({ rows }: { rows: number[] }) => rows.length);
   * count({ rows: extract() });
   * ```
   */
  task<A extends object = NoInputs, R = unknown>(
    handler: ((inputs: A) => R | Promise<R>) & CheckedResult<R>,
    options?: NamedTaskOptions,
  ): Task<A, R>;
  task<A extends object = NoInputs, R = unknown, F = never>(
    taskId: string,
    work: Work<A, R, F>,
    options?: TaskOptions,
  ): DeclaredTask<A, R, F>;
  /**
   * Accepts no other calls; the compiler reports mistakes from the last signature, at the argument
   * that is wrong.
   */
  task<
    First extends string | ((inputs: never) => unknown),
    A extends object = NoInputs,
    R = unknown,
    F = never,
  >(
    first: First & CheckedHandler<First>,
    second: First extends string ? Work<A, R, F> : NamedTaskOptions,
    third?: First extends string ? TaskOptions : never,
  ): DeclaredTask<A, R, F>;
  task(first: string | Handler, second?: unknown, third?: unknown): unknown {
    const site = captureCallSite(this.task);
    const [handler, options] =
      typeof first === "string" ? [second, toOptions(third)] : [first, toOptions(second)];
    const { taskId, ...rest } = options;
    const localId = typeof first === "string" ? first : (taskId ?? first.name);
    const common = { graph: this[GRAPH], group: this.#group, localId, options: rest, site };
    if (isOperator(handler)) {
      return declareTask({ ...common, work: { kind: "operator", operator: handler } });
    }
    if (!isHandler(handler)) {
      throw new TypeError(
        `Task "${localId}" of DAG "${this[GRAPH].dagId}" takes a function or an operator, got ${typeof handler}`,
      );
    }
    return declareTask({ ...common, work: { kind: "function", handler } });
  }

  /**
   * Declares a task that waits: its function is poked at intervals until it answers true (Airflow:
   * @task.sensor in mode "reschedule"). Nothing is held in between, however long that takes.
   *
   * ```ts
   * const waitForFile = dag.sensor(
   *   "wait_for_file",
   *   async ({ key }: { key: string }) => (await getClient().getVariable(key)) !== null,
   *   { pokeInterval: "5 minutes", timeout: "6 hours", softFail: true },
   * );
   * waitForFile({ key: "landed" }).before(loaded);
   * ```
   */
  sensor<A extends object = NoInputs, R = null>(
    taskId: string,
    poke: ((inputs: A) => Poke<R> | Promise<Poke<R>>) & CheckedResult<R>,
    options: SensorOptions = {},
  ): Sensor<A, R> {
    const site = captureCallSite(this.sensor);
    if (!isHandler(poke)) {
      throw new TypeError(
        `Sensor "${taskId}" of DAG "${this[GRAPH].dagId}" takes a function, got ${typeof poke}`,
      );
    }
    return declareTask<A, R>({
      graph: this[GRAPH],
      group: this.#group,
      localId: taskId,
      work: { kind: "function", handler: poke, isSensor: true },
      options,
      site,
    });
  }

  /**
   * Opens a group of tasks: ids inside start with its id, and edges of the group are edges of its
   * first or last tasks.
   *
   * ```ts
   * const staging = dag.taskGroup("staging");
   * staging.task("orders", loadOrders)(); // "staging.orders"
   * staging.before(reported);
   * ```
   */
  taskGroup(groupId: string, options: TaskGroupOptions = {}): TaskGroup {
    const record: GroupRecord = {
      kind: "group",
      graph: this[GRAPH],
      groupId: childId(this.#group, groupId),
      parent: this.#group,
      prefixGroupId: options.prefixGroupId ?? true,
      options,
      site: captureCallSite(this.taskGroup),
      mapping: undefined,
    };
    this[GRAPH].groups.push(record);
    return new TaskGroup(record);
  }

  /**
   * Follows the tasks under the label that the decider returns and skips the others right below it
   * (Airflow: @task.branch). `null` follows nothing.
   *
   * ```ts
   * dag.branch(pickSize({ rows }), { large: [loaded, audited], small: loaded, empty: null });
   * ```
   */
  branch<Label extends string | boolean>(
    decider: TaskRef<Label>,
    cases: { readonly [L in `${Label}`]: BranchTargets },
  ): void {
    addBranch(this[GRAPH], decider, { cases, site: captureCallSite(this.branch) });
  }

  /**
   * Skips everything downstream of the decider when it returns something falsy (Airflow:
   * ShortCircuitOperator). With `ignoreDownstreamTriggerRules: false` only what is directly below
   * it, and trigger rules decide on.
   *
   * ```ts
   * dag.shortCircuit(hasRows({ rows }));
   * ```
   */
  shortCircuit(
    decider: TaskRef,
    options: { readonly ignoreDownstreamTriggerRules?: boolean } = {},
  ): void {
    addShortCircuit(this[GRAPH], decider, {
      ignoreDownstreamTriggerRules: options.ignoreDownstreamTriggerRules ?? true,
      site: captureCallSite(this.shortCircuit),
    });
  }

  /**
   * Declares and places a task whose boolean picks a side; the other side is skipped and nothing
   * else. The task is named after its function, or by `options.taskId`.
   *
   * ```ts
   * dag.if(async ({ rows }: { rows: number }) => rows > 0, { rows }, { taskId: "has_rows" })
   *   .then(loaded)
   *   .else(stopped);
   * ```
   */
  if<A extends object = NoInputs>(
    handler: (inputs: A) => boolean | Promise<boolean>,
    ...rest: DeciderArguments<NoInfer<A>>
  ): Condition {
    const site = captureCallSite(this.if);
    return createCondition(this.#placeDecider(handler, rest, site), site);
  }

  /**
   * Declares and places a task that returns the case to follow; the other cases are skipped and
   * nothing else. The task is named after its function, or by `options.taskId`; its result is the
   * id of the case.
   *
   * ```ts
   * async function pick({ rows }: { rows: number }) {
   *   return rows > 9 ? many : few;
   * }
   * dag.switch(pick, { rows }).case(many).case(few);
   * ```
   */
  switch<A extends object = NoInputs>(
    handler: (inputs: A) => Node | Promise<Node>,
    ...rest: DeciderArguments<NoInfer<A>>
  ): Switch {
    const site = captureCallSite(this.switch);
    return createSwitch(this.#placeDecider(handler, rest, site), site);
  }

  #placeDecider(handler: Handler, given: readonly unknown[], site: CallSite): TaskRef {
    const [inputs, options] = given;
    const { taskId, ...rest } = toOptions(options);
    const task = declareTask<object, unknown>({
      graph: this[GRAPH],
      group: this.#group,
      localId: taskId ?? handler.name,
      work: { kind: "function", handler },
      options: rest,
      site,
    });
    return Reflect.apply(task, undefined, [inputs ?? {}]);
  }
}

/** A group of tasks, made by `taskGroup`. */
export class TaskGroup extends Scope implements Node {
  readonly [NODE]: GroupRecord;
  /** With the ids of the groups around it. */
  readonly groupId: string;

  constructor(record: GroupRecord) {
    super(record.graph, record);
    this[NODE] = record;
    this.groupId = record.groupId;
  }

  before(...nodes: readonly Nodes[]): this {
    drawEdges(this[NODE], { to: nodes }, captureCallSite(this.before));
    return this;
  }

  after(...nodes: readonly Nodes[]): this {
    drawEdges(this[NODE], { from: nodes }, captureCallSite(this.after));
    return this;
  }

  /**
   * Maps the group: each of its tasks has one instance per item of each list, per combination with
   * several, and follows the instances of its own index (Airflow: task_group.expand).
   *
   * ```ts
   * const perFile = dag.taskGroup("per_file").expand({ file: listFiles() });
   * const parsed = perFile.task("parse", parse)({ file: perFile.input("file") });
   * perFile.task("load", load)({ rows: parsed });
   * ```
   */
  expand<L extends Readonly<Record<string, MappedList>>>(lists: L): MappedTaskGroup<ItemsOf<L>> {
    return this.#map({ over: { ...lists }, site: captureCallSite(this.expand) });
  }

  /**
   * Maps the group over a list of objects: what is under each name in them (Airflow:
   * task_group.expand_kwargs).
   *
   * ```ts
   * const perFile = dag.taskGroup("per_file").expandKwargs([{ file: "a.csv", bucket: "eu" }]);
   * ```
   */
  expandKwargs<A extends object>(list: ListInput<A>): MappedTaskGroup<A> {
    return this.#map({ kwargs: list, site: captureCallSite(this.expandKwargs) });
  }

  #map<A>(mapping: GroupMapping): MappedTaskGroup<A> {
    const record = this[NODE];
    if (record.mapping) {
      record.graph.mistakes.push({
        code: "nested-mapping",
        site: mapping.site,
        message: `${nameOf(record)} is mapped twice`,
        hint: "give both lists to one expand()",
      });
    } else {
      record.mapping = mapping;
      drawSources(record, mapping.site);
    }
    return new MappedTaskGroup<A>(record);
  }
}

/** A mapped group of tasks, made by `taskGroup(…).expand`. */
export class MappedTaskGroup<A> extends TaskGroup {
  /**
   * What an instance of the group gets under the name: an item of the list.
   *
   * ```ts
   * perFile.task("parse", parse)({ file: perFile.input("file") });
   * ```
   */
  input<K extends keyof A & string>(name: K): TaskRef<A[K]> {
    return createReference({ kind: "group-input", group: this[NODE], name, path: [] });
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}

function toOptions(value: unknown): NamedTaskOptions {
  return typeof value === "object" && value !== null ? value : {};
}
