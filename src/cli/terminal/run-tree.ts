// The tasks of a run as a tree of lines: groups as branches, tasks in the order of their edges,
// states and times.
import type { DagDocument, TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import { dueOf } from "../../model/scheduling/sensors.ts";
import type { TaskInstanceState } from "../../model/states.ts";
import { formatDuration } from "../../model/values/durations.ts";
import { type Paint, toMark, toStateText } from "./paint.ts";
import { countOf, firstLineOf, padTo, toCountdown } from "./text.ts";

export interface RunPicture {
  readonly document: DagDocument;
  readonly records: ReadonlyMap<string, TaskInstanceRecord>;
  /** Epoch ms, for what is still going on. */
  readonly now: number;
  readonly paint: Paint;
}

type Branch = { readonly groupId: string; readonly children: Node[] };
type Node = Branch | TaskDocument;

/**
 * At most so many lines (0: any number); if the tree has more, only what is going on or failed, and
 * a count of the rest.
 */
export function treeLines(picture: RunPicture, mostLines: number): readonly string[] {
  const { document, records } = picture;
  const lines = linesOf(growTree(document), "", picture);
  if (mostLines === 0 || lines.length <= mostLines) return lines;
  const active = document.tasks.filter(({ taskId }) => {
    const state = records.get(taskId)?.state ?? null;
    return state !== null && ACTIVE.has(state);
  });
  const shown = active.slice(0, Math.max(0, mostLines - 1));
  return [...linesOf(shown, "", picture), countLine(picture)];
}

/** States that are shown even where there is no room for all. */
const ACTIVE: ReadonlySet<TaskInstanceState> = new Set([
  "running",
  "up_for_retry",
  "up_for_reschedule",
  "failed",
]);

function countLine({ document, records, paint }: RunPicture): string {
  const counts = new Map<TaskInstanceState | null, number>();
  for (const { taskId } of document.tasks) {
    const state = records.get(taskId)?.state ?? null;
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const parts = [...counts].map(([state, count]) =>
    paint.state(state, `${count} ${toStateText(state)}`),
  );
  return `${countOf(document.tasks.length, "task")}: ${parts.join(", ")}`;
}

/** A group is placed where its first task is. */
function growTree(document: DagDocument): readonly Node[] {
  const roots: Node[] = [];
  const branches = new Map<string, Branch>();
  const parents = new Map(document.groups.map(({ groupId, parentId }) => [groupId, parentId]));
  const childrenOf = (groupId: string | undefined): Node[] => {
    if (groupId === undefined) return roots;
    let branch = branches.get(groupId);
    if (!branch) {
      branch = { groupId, children: [] };
      branches.set(groupId, branch);
      childrenOf(parents.get(groupId)).push(branch);
    }
    return branch.children;
  };
  const { order, task: taskOf } = graphOf(document);
  for (const taskId of order) {
    const task = taskOf(taskId);
    if (task) childrenOf(task.groupId).push(task);
  }
  return roots;
}

function linesOf(nodes: readonly Node[], prefix: string, picture: RunPicture): string[] {
  const { paint } = picture;
  const width = Math.max(0, ...nodes.map((node) => nameOf(node).length));
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const start = paint.dim(`${prefix}${isLast ? "└─" : "├─"}`);
    if ("children" in node) {
      const inner = linesOf(node.children, `${prefix}${isLast ? "  " : "│ "}`, picture);
      return [`${start} ${paint.bold(node.groupId)}`, ...inner];
    }
    return [`${start} ${taskLine(node, width, picture)}`];
  });
}

function nameOf(node: Node): string {
  return "children" in node ? node.groupId : node.taskId;
}

function taskLine(
  { taskId }: TaskDocument,
  width: number,
  { records, now, paint }: RunPicture,
): string {
  const record = records.get(taskId);
  const state = record?.state ?? null;
  const head = paint.state(state, `${toMark(state)} ${padTo(taskId, width)}`);
  if (record && state !== null) return `${head}  ${describeInstance(record, { now, paint })}`;
  // A task without a state yet: it may say what it waits for.
  const why = record?.message === undefined ? "" : paint.foreign(firstLineOf(record.message));
  return why === "" ? paint.dim(`${toMark(null)} ${taskId}`) : `${head}  ${why}`;
}

/** State, time and what to know about it, on one line. */
export function describeInstance(
  record: TaskInstanceRecord,
  { now, paint }: { readonly now: number; readonly paint: Paint },
): string {
  const { state, tryNumber, maxTries, startDate, endDate, message } = record;
  const parts = [paint.state(state)];
  const dueAt = dueOf(record);
  if (dueAt !== undefined) {
    const left = (dueAt - now) / 1_000;
    parts.push(left > 0 ? `again in ${toCountdown(left)}` : "again now");
    if (state === "up_for_reschedule") parts.push(paint.dim(`poke ${record.pokes ?? 0}`));
  } else if (startDate !== undefined && tryNumber > 0) {
    const end = endDate === undefined || state === "running" ? now : Date.parse(endDate);
    parts.push(paint.dim(formatDuration(Math.max(0, end - Date.parse(startDate)) / 1_000)));
  }
  const isRetried = tryNumber > 1 || state === "up_for_retry";
  if (isRetried) parts.push(paint.dim(`try ${tryNumber} of ${maxTries + 1}`));
  if (message !== undefined && state !== "success" && state !== "running") {
    parts.push(paint.foreign(firstLineOf(message)));
  }
  return parts.join("  ");
}
