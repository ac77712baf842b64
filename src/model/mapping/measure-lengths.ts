// What a task's result must be for others to be mapped over it (Airflow: task_runner.py,
// _push_xcom_if_needed, and the execution API's check of the length).
import type { DagDocument, MappedLength } from "../document.ts";
import { UNMAPPED } from "../instance-key.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../records.ts";
import type { TaskError } from "../task-call.ts";
import type { Json } from "../values/json.ts";
import { MAX_MAP_LENGTH, pathText } from "./lengths.ts";
import { mappingOf } from "./mapped-tasks.ts";

/** A place in a result that a task is mapped over. */
interface Wanted {
  readonly path: readonly string[];
  /** Id of one that is. */
  readonly reader: string;
}

export type Measured =
  /** `lengths` is absent where nothing is mapped over the result. */
  | { readonly lengths?: TaskInstanceRecord["lengths"] }
  /** The task has failed. */
  | { readonly error: TaskError };

const wantedOf = new WeakMap<DagDocument, ReadonlyMap<string, readonly Wanted[]>>();

/**
 * The lengths of a task's result that others are mapped over; null stands for none. Instances of a
 * mapped task may return whatever they like, since their number counts and not what they return.
 */
export function measureLengths(
  document: DagDocument,
  { taskId, mapIndex }: Pick<TaskInstanceKey, "taskId" | "mapIndex">,
  result: Json,
): Measured {
  const wanted = mapIndex === UNMAPPED ? findWanted(document).get(taskId) : undefined;
  if (!wanted) return {};
  const lengths: Record<string, number> = {};
  for (const { path, reader } of wanted) {
    const value = valueAt(result, path);
    const place = path.length === 0 ? "" : ` under "${path.join(".")}"`;
    const whose = `Task "${taskId}" of DAG "${document.dagId}" returned`;
    const why = `task "${reader}" is mapped over it`;
    if (value === undefined || value === null) {
      const message = `${whose} nothing${place}, but ${why}; return a list or an object`;
      return { error: { name: "XComForMappingNotPushed", message } };
    }
    if (typeof value !== "object") {
      const message = `${whose} the ${typeof value} ${show(value)}${place}, but ${why}; return a list or an object`;
      return { error: { name: "UnmappableXComTypePushed", message } };
    }
    const length = Object.keys(value).length;
    if (length > MAX_MAP_LENGTH) {
      const message = `${whose} ${length} items${place}, but ${why}; ${MAX_MAP_LENGTH} are the most that a task may be mapped over`;
      return { error: { name: "UnmappableXComLengthPushed", message } };
    }
    lengths[pathText(path)] = length;
  }
  return { lengths };
}

/** The places in a task's result that others are mapped over; `[]` is the whole of it. */
export function mappedPlaces(
  document: DagDocument,
  taskId: string,
): readonly (readonly string[])[] {
  return (
    findWanted(document)
      .get(taskId)
      ?.map(({ path }) => path) ?? []
  );
}

function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined;
  }
  return found;
}

function show(value: string | number | boolean): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function findWanted(document: DagDocument): ReadonlyMap<string, readonly Wanted[]> {
  let wanted = wantedOf.get(document);
  if (!wanted) {
    const found = new Map<string, Wanted[]>();
    for (const task of document.tasks) {
      for (const list of Object.values(mappingOf(document, task)?.over ?? {})) {
        collect(list, task.taskId, found);
      }
    }
    wanted = found;
    wantedOf.set(document, wanted);
  }
  return wanted;
}

/** Each place once, with the first that is mapped over it. */
function collect(list: MappedLength, reader: string, into: Map<string, Wanted[]>): void {
  if (typeof list === "number") return;
  if (!("taskId" in list)) {
    for (const part of "zip" in list ? list.zip : list.concat) collect(part, reader, into);
    return;
  }
  const { taskId, path = [] } = list;
  const others = into.get(taskId) ?? [];
  if (others.some((other) => pathText(other.path) === pathText(path))) return;
  into.set(taskId, [...others, { path, reader }]);
}
