// Edges between a teardown with its setups and the work that it is drawn around.
import type { CallSite } from "../sdk/call-site.ts";
import type {
  DagGraph,
  GroupRecord,
  NodeRecord,
  ScopeRecord,
  TaskRecord,
} from "../sdk/drawing/graph.ts";
import { isTeardown } from "../sdk/drawing/setups.ts";
import { type AboveOf, findRoots } from "./group-ends.ts";

interface Drawn {
  readonly members: ReadonlyMap<GroupRecord, ReadonlySet<TaskRecord>>;
  readonly aboveOf: AboveOf;
}

/**
 * The edges of each `around`, as those of `with teardown:` in Airflow: from the setups to the tasks
 * at which the work begins, from those at which it ends to the teardown. An inner teardown brings
 * along its setups and its work, and is drawn first.
 */
export function* edgesAround(
  graph: DagGraph,
  { members, aboveOf }: Drawn,
): Generator<{ readonly upper: TaskRecord; readonly lower: TaskRecord; readonly site: CallSite }> {
  if (graph.scopes.length === 0) return;
  const setupsOf = (teardown: TaskRecord) =>
    [...aboveOf(teardown).upstream].filter(({ part }) => part === "setup");
  const workOf = (scope: ScopeRecord, seen: ReadonlySet<ScopeRecord>): Set<TaskRecord> => {
    const found = new Set(scope.nodes.flatMap((node) => tasksIn(node, members)));
    for (const task of found) {
      if (!isTeardown(task)) continue;
      for (const setup of setupsOf(task)) found.add(setup);
      for (const inner of graph.scopes) {
        if (inner.teardown !== task || seen.has(inner)) continue;
        for (const each of workOf(inner, new Set([...seen, inner]))) found.add(each);
      }
    }
    found.delete(scope.teardown);
    return found;
  };
  const scopes = graph.scopes.map((scope) => ({ scope, work: workOf(scope, new Set([scope])) }));
  for (const { scope, work } of scopes.sort((a, b) => a.work.size - b.work.size)) {
    const { teardown, site } = scope;
    const setups = setupsOf(teardown).filter((setup) => !work.has(setup));
    for (const root of findRoots(work, aboveOf)) {
      for (const upper of setups) yield { upper, lower: root, site };
    }
    const followed = new Set([...work].flatMap((task) => [...aboveOf(task).upstream]));
    for (const upper of work) {
      if (!followed.has(upper)) yield { upper, lower: teardown, site };
    }
  }
}

function tasksIn(node: NodeRecord, members: Drawn["members"]): readonly TaskRecord[] {
  return node.kind === "task" ? [node] : [...(members.get(node) ?? [])];
}
