// Checks that no tasks of a DAG wait for each other, and names the place of an edge that makes
// them.
import { orderByUpstream, toCycleMistake } from "../model/cycles.ts";
import type { DagGraph } from "../sdk/drawing/graph.ts";
import type { Report } from "./report.ts";
import { type DrawnEdge, idsOf, type ResolvedEdges } from "./resolve-edges.ts";

/** Reports each circle at the edge of it that was drawn last, which most likely is the mistake. */
export function checkCycles({ placed, dagId }: DagGraph, edges: ResolvedEdges, report: Report) {
  const { cycles } = orderByUpstream(placed, (task) => edges.above(task).upstream);
  for (const cycle of cycles) {
    const drawn = cycle.flatMap((lower, index) => {
      const upper = cycle[index - 1];
      return upper ? (edges.drawn(upper, lower) ?? []) : [];
    });
    const last = drawn.reduce<DrawnEdge | undefined>(
      (latest, edge) => (latest && latest.index > edge.index ? latest : edge),
      undefined,
    );
    const [first] = cycle;
    if (!first) continue;
    const taskIds = [...idsOf(cycle), first.taskId];
    report.add({
      ...toCycleMistake(dagId, taskIds),
      taskId: first.taskId,
      site: last?.site ?? first.site,
    });
  }
}
