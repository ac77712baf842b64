// What a placed task is to its author: a node to draw edges from, and a stand-in for the value it
// will return.
import { captureCallSite } from "./call-site.ts";
import { drawEdges, type Nodes } from "./drawing/edges.ts";
import { NODE, type NodeRecord } from "./drawing/graph.ts";
import { drawAround, markSetup, markTeardown } from "./drawing/setups.ts";
import { RESULT, type ResultExpression, resultOf, tasksOf } from "./results.ts";

/** The phantom property that carries the type of a result; `TaskRef` and `Operator` share it. */
export declare const OUTPUT: unique symbol;

/** Anything that can stand at the end of an edge: a placed task or a task group. */
export interface Node {
  readonly [NODE]: NodeRecord;
  /**
   * Runs the given tasks after this one, as `this >> [b, c]` in Airflow; a known edge is drawn
   * once. Returns this.
   *
   * ```ts
   * extracted.before(loaded, label(archived, "raw"));
   * ```
   */
  before(...nodes: readonly Nodes[]): this;
  /**
   * Runs this one after the given tasks, as `this << [a, b]` in Airflow. Returns this.
   *
   * ```ts
   * cleaned.after(loaded, archived);
   * ```
   */
  after(...nodes: readonly Nodes[]): this;
}

/** What a teardown is to do besides its work (Airflow: as_teardown). */
export interface TeardownOptions {
  /** Tasks that prepare what it removes; each is made a setup, and an edge is drawn from it. */
  readonly setups?: TaskRef | readonly TaskRef[];
  /** Whether its failure fails the run; false by default. */
  readonly onFailureFailDagrun?: boolean;
}

/** A task placed in a DAG; stands for the value the task will return (its XCom). */
export interface TaskRef<out T = unknown> extends Node {
  readonly [OUTPUT]: T;
  readonly [RESULT]: ResultExpression;
  readonly taskId: string;
  /**
   * Makes the task a setup: what runs between it and its teardown needs its success, and is cleared
   * together with it (Airflow: as_setup). Returns this.
   *
   * ```ts
   * const created = createCluster().asSetup();
   * ```
   */
  asSetup(): this;
  /**
   * Makes the task a teardown, which runs once the work has ended, however it ended, if one of its
   * setups succeeded (Airflow: as_teardown). Its trigger rule is "all_done_setup_success". The run's
   * state follows from the work, unless `onFailureFailDagrun` is true.
   *
   * ```ts
   * deleteCluster({ cluster: created }).asTeardown({ setups: created }).around(queried);
   * ```
   */
  asTeardown(options?: TeardownOptions): TeardownRef<T>;
  /**
   * The value under a key of the result.
   *
   * ```ts
   * notify({ text: summary.get("text") });
   * ```
   */
  get<K extends keyof T & string>(key: K): TaskRef<T[K]>;
  /**
   * The list with a function applied to each item when the reader runs (Airflow: XComArg.map).
   *
   * ```ts
   * count.expand({ path: keys.map((key) => `landing/${key}`) });
   * ```
   */
  map<Item, Mapped>(
    this: TaskRef<readonly Item[]>,
    transform: (item: Item) => Mapped,
  ): TaskRef<readonly Mapped[]>;
  /**
   * Pairs the items of two lists, as long as the shorter one (Airflow: XComArg.zip). With
   * `fillvalue`, as long as the longer one.
   *
   * ```ts
   * loadPair.expand({ pair: keys.zip(sizes) });
   * ```
   */
  zip<Item, Other>(
    this: TaskRef<readonly Item[]>,
    other: TaskRef<readonly Other[]>,
  ): TaskRef<readonly (readonly [Item, Other])[]>;
  zip<Item, Other, Fill>(
    this: TaskRef<readonly Item[]>,
    other: TaskRef<readonly Other[]>,
    options: { readonly fillvalue: Fill },
  ): TaskRef<readonly (readonly [Item | Fill, Other | Fill])[]>;
  /**
   * The items of this list, then those of the others (Airflow: XComArg.concat).
   *
   * ```ts
   * loadKey.expand({ key: oldKeys.concat(newKeys) });
   * ```
   */
  concat<Item>(
    this: TaskRef<readonly Item[]>,
    ...others: readonly TaskRef<readonly Item[]>[]
  ): TaskRef<readonly Item[]>;
}

/** A teardown, as `asTeardown` returns it. */
export interface TeardownRef<out T = unknown> extends TaskRef<T> {
  /**
   * Draws its setups before these tasks and groups, and itself after them, as tasks inside
   * `with teardown:` in Airflow. An inner teardown stands for all of its scope. Returns this.
   *
   * ```ts
   * deleted.around(queried, reported);
   * ```
   */
  around(...nodes: readonly Nodes[]): this;
}

class Reference<T> implements TaskRef<T> {
  declare readonly [OUTPUT]: T;
  readonly [NODE]: NodeRecord;
  readonly [RESULT]: ResultExpression;
  readonly taskId: string;

  constructor(expression: ResultExpression) {
    const node = nodeOfResult(expression);
    this[NODE] = node;
    this[RESULT] = expression;
    this.taskId = node.kind === "task" ? node.taskId : node.groupId;
  }

  before(...nodes: readonly Nodes[]): this {
    drawEdges(this[NODE], { to: nodes }, captureCallSite(this.before));
    return this;
  }

  after(...nodes: readonly Nodes[]): this {
    drawEdges(this[NODE], { from: nodes }, captureCallSite(this.after));
    return this;
  }

  asSetup(): this {
    markSetup(this[NODE], captureCallSite(this.asSetup));
    return this;
  }

  asTeardown(options: TeardownOptions = {}): TeardownRef<T> {
    const { setups = [], onFailureFailDagrun = false } = options;
    markTeardown(this[NODE], {
      setups: [setups].flat(),
      failsRun: onFailureFailDagrun,
      site: captureCallSite(this.asTeardown),
    });
    return new TeardownReference<T>(this[RESULT]);
  }

  get<K extends keyof T & string>(key: K): TaskRef<T[K]> {
    const expression = this[RESULT];
    if (expression.kind !== "result" && expression.kind !== "group-input") {
      throw new TypeError(`get("${key}") takes the result of a task; map() the list instead`);
    }
    return createReference({ ...expression, path: [...expression.path, key] });
  }

  map<Item, Mapped>(transform: (item: Item) => Mapped): TaskRef<readonly Mapped[]> {
    return createReference({ kind: "map", source: this[RESULT], transform });
  }

  zip<Item, Other, Fill>(
    other: TaskRef<readonly Other[]>,
    options?: { readonly fillvalue: Fill },
  ): TaskRef<readonly (readonly [Item | Fill, Other | Fill])[]> {
    return createReference({
      kind: "zip",
      sources: [this[RESULT], expressionOf(other)],
      ...(options ? { fill: { value: options.fillvalue } } : {}),
    });
  }

  concat<Item>(...others: readonly TaskRef<readonly Item[]>[]): TaskRef<readonly Item[]> {
    return createReference({
      kind: "concat",
      sources: [this[RESULT], ...others.map(expressionOf)],
    });
  }
}

class TeardownReference<T> extends Reference<T> implements TeardownRef<T> {
  around(...nodes: readonly Nodes[]): this {
    drawAround(this[NODE], nodes, captureCallSite(this.around));
    return this;
  }
}

/** Where edges of the reference end. */
function nodeOfResult(expression: ResultExpression): NodeRecord {
  if (expression.kind === "group-input") return expression.group;
  const [task] = tasksOf(expression);
  if (!task) throw new TypeError("A reference needs a task; concat() and zip() take TaskRefs");
  return task;
}

function expressionOf(reference: TaskRef): ResultExpression {
  const expression = resultOf(reference);
  if (!expression) throw new TypeError("zip() and concat() take results of tasks, got a value");
  return expression;
}

/** The reference to what an expression gives; `T` is the caller's word. */
export function createReference<T>(expression: ResultExpression): TaskRef<T> {
  return new Reference<T>(expression);
}
