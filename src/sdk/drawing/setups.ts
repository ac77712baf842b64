// Setups and teardowns as an author marks them, and the work that a teardown is drawn around.
import type { CallSite } from "../call-site.ts";
import { checkEnd, checkEnds, type Nodes } from "./edges.ts";
import { type NodeRecord, nameOf, type TaskRecord } from "./graph.ts";

/** Makes the task a setup; one that is a teardown is a mistake of the author. */
export function markSetup(record: NodeRecord, site: CallSite): void {
  mark(record, "setup", site);
}

/** Makes the task a teardown of these setups, which become setups by that. */
export function markTeardown(
  record: NodeRecord,
  {
    setups,
    failsRun,
    site,
  }: { readonly setups: readonly unknown[]; readonly failsRun: boolean; readonly site: CallSite },
): void {
  const task = mark(record, "teardown", site);
  if (!task) return;
  task.failsRun = failsRun;
  for (const given of setups) {
    const setup = checkEnd(task, given, { method: "asTeardown", site });
    if (!setup || !mark(setup, "setup", site)) continue;
    task.graph.edges.push({ from: setup, to: task, site });
  }
}

/** Notes that these nodes are the teardown's work; its edges follow when all is drawn. */
export function drawAround(record: NodeRecord, nodes: readonly Nodes[], site: CallSite): void {
  if (record.kind !== "task") return;
  const ends = checkEnds(record, nodes, { method: "around", site });
  record.graph.scopes.push({ teardown: record, nodes: ends, site });
}

function mark(record: NodeRecord, part: "setup" | "teardown", site: CallSite) {
  const isOther = record.kind === "group" || (record.part ?? part) !== part;
  if (!isOther) {
    record.part = part;
    return record;
  }
  const what = record.kind === "group" ? "a task group" : `a ${record.part}`;
  const { graph } = record;
  graph.mistakes.push({
    code: "bad-setup",
    ...(record.kind === "task" ? { taskId: record.taskId } : {}),
    site,
    message: `${nameOf(record)} can't be made a ${part}: it is ${what}`,
    hint: "make one task the setup and another one its teardown",
  });
  return undefined;
}

/** Whether the task is a teardown. */
export function isTeardown({ part }: TaskRecord): boolean {
  return part === "teardown";
}
