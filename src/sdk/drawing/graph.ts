// What a DAG file has drawn so far: plain records behind the SDK's objects, read when the document
// is made.
import type { DiagnosticCode } from "../../model/diagnostics.ts";
import type { CallSite } from "../call-site.ts";
import type { Operator } from "../operator.ts";
import type { DagOptions, SensorOptions, TaskGroupOptions } from "../options.ts";
import type { ResultExpression } from "../results.ts";

/**
 * Key of the graph in a `Dag`; a registered symbol, so two copies of the SDK know each other's
 * objects.
 */
export const GRAPH = Symbol.for("stepwind.graph");
/** Key of the record in whatever can stand at the end of an edge. */
export const NODE = Symbol.for("stepwind.node");

/** A function of one object of named inputs. */
export type Handler = (inputs: never) => unknown;

export type Work =
  /** A sensor's handler is poked until it says that it is done. */
  | { readonly kind: "function"; readonly handler: Handler; readonly isSensor?: boolean }
  | { readonly kind: "operator"; readonly operator: Operator };

export interface TaskRecord {
  readonly kind: "task";
  readonly graph: DagGraph;
  /** Full id, with the prefixes of its groups. */
  readonly taskId: string;
  readonly group: GroupRecord | undefined;
  readonly work: Work;
  readonly options: SensorOptions;
  readonly site: CallSite;
  /** The same object for a task and its overrides. */
  readonly family: object;
  /** Whether `override` was called, so that the task itself need not be placed. */
  isOverridden: boolean;
  placement: Placement | undefined;
  /** What it was made by `asSetup` or `asTeardown`. */
  part: "setup" | "teardown" | undefined;
  /** Of a teardown: whether its failure fails the run. */
  failsRun: boolean;
}

/** How a task was called. */
export interface Placement {
  /** Values and references by input name; for an operator none. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Lists to map over by input name. */
  readonly over?: Readonly<Record<string, unknown>>;
  /** A list of input objects to map over (Airflow: expand_kwargs). */
  readonly kwargs?: unknown;
  readonly site: CallSite;
}

export interface GroupRecord {
  readonly kind: "group";
  readonly graph: DagGraph;
  readonly groupId: string;
  readonly parent: GroupRecord | undefined;
  readonly prefixGroupId: boolean;
  readonly options: TaskGroupOptions;
  readonly site: CallSite;
  /** What the group is mapped over. */
  mapping: GroupMapping | undefined;
}

/** How a group was mapped: one of the two lists is there, as in a `Placement`. */
export interface GroupMapping {
  readonly over?: Readonly<Record<string, unknown>>;
  readonly kwargs?: unknown;
  readonly site: CallSite;
}

export type NodeRecord = TaskRecord | GroupRecord;

export interface EdgeRecord {
  readonly from: NodeRecord;
  readonly to: NodeRecord;
  readonly label?: string;
  readonly site: CallSite;
}

/** Work that a teardown is drawn around, as `around` was called. */
export interface ScopeRecord {
  readonly teardown: TaskRecord;
  readonly nodes: readonly NodeRecord[];
  readonly site: CallSite;
}

/** What the result of a task decides. */
export interface DecisionRecord {
  readonly kind: "branch" | "if" | "switch" | "short-circuit";
  readonly task: TaskRecord;
  readonly cases: Map<string, NodeRecord[]>;
  readonly ignoreDownstreamTriggerRules: boolean;
  readonly site: CallSite;
}

/** A mistake noticed while drawing; the rest is noticed when the document is made. */
export interface Mistake {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
  readonly taskId?: string;
  readonly site: CallSite;
}

export interface DagGraph {
  readonly dagId: string;
  readonly options: DagOptions;
  readonly site: CallSite;
  readonly declared: TaskRecord[];
  /** Tasks that were called, in that order. */
  readonly placed: TaskRecord[];
  readonly groups: GroupRecord[];
  /** Edges drawn by `before` and `after`. */
  readonly edges: EdgeRecord[];
  /** Edges drawn by inputs. */
  readonly reads: { readonly task: TaskRecord; readonly source: ResultExpression }[];
  readonly decisions: DecisionRecord[];
  readonly scopes: ScopeRecord[];
  readonly mistakes: Mistake[];
}

/** An id as it is written inside a group (Airflow: TaskGroup.child_id). */
export function childId(group: GroupRecord | undefined, id: string): string {
  return group?.prefixGroupId ? `${group.groupId}.${id}` : id;
}

/** `Task "a" of DAG "d"`: how messages name a node. */
export function nameOf(node: NodeRecord): string {
  const own = node.kind === "task" ? `Task "${node.taskId}"` : `Task group "${node.groupId}"`;
  return `${own} of DAG "${node.graph.dagId}"`;
}

/**
 * Name of what a task does, as documents and contexts have it: an operator's own, or the decorator
 * of a function.
 */
export function operatorOf({ work }: Pick<TaskRecord, "work">): string {
  if (work.kind === "operator") return work.operator.name;
  return work.isSensor ? "@task.sensor" : "@task";
}

/** The mapped group that a task or a group is in, the innermost of several. */
export function mappedGroupAround(node: NodeRecord): GroupRecord | undefined {
  let group = node.kind === "task" ? node.group : node.parent;
  while (group && !group.mapping) group = group.parent;
  return group;
}

/** Whether the task has an instance per item: by itself, or with the group around it. */
export function isMappedTask(task: TaskRecord): boolean {
  const { over, kwargs } = task.placement ?? {};
  return over !== undefined || kwargs !== undefined || mappedGroupAround(task) !== undefined;
}

/** The record of a placed task or a group; `undefined` for anything else. */
export function nodeOf(value: unknown): NodeRecord | undefined {
  return hasNode(value) ? value[NODE] : undefined;
}

function hasNode(value: unknown): value is { readonly [NODE]: NodeRecord } {
  return typeof value === "object" && value !== null && NODE in value;
}
