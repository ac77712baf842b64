// Finds DAGs, tags and owners by a part of their names: what begins so comes before what contains
// it.
import type { DagRunState } from "../../model/states.ts";
import type { ListedDag } from "./directory.ts";

export interface SearchResult {
  readonly kind: "dag" | "tag" | "owner";
  readonly id: string;
  readonly label: string;
  /** Of a DAG's last run; absent where it has none. */
  readonly state?: DagRunState;
}

const MOST_RESULTS = 30;

export function searchDags(dags: readonly ListedDag[], text: string): readonly SearchResult[] {
  const wanted = text.toLowerCase();
  const rankOf = (...names: readonly string[]) => {
    const places = names.map((name) => name.toLowerCase().indexOf(wanted)).filter((at) => at >= 0);
    return places.length === 0 ? Infinity : Math.min(...places) === 0 ? 0 : 1;
  };
  const found: { readonly rank: number; readonly result: SearchResult }[] = [];
  for (const { dag, facts, activity } of dags) {
    const label = facts.displayName ?? dag.dagId;
    const rank = rankOf(dag.dagId, label);
    if (rank === Infinity) continue;
    const [last] = activity.runs;
    const result = {
      kind: "dag",
      id: dag.dagId,
      label,
      ...(last && { state: last.state }),
    } as const;
    found.push({ rank, result });
  }
  const named = (kind: "tag" | "owner", names: Iterable<string>) => {
    for (const id of new Set(names)) {
      const rank = rankOf(id);
      if (rank !== Infinity) found.push({ rank, result: { kind, id, label: id } });
    }
  };
  named(
    "tag",
    dags.flatMap(({ facts }) => facts.tags),
  );
  named(
    "owner",
    dags.flatMap(({ facts }) => facts.owners),
  );
  return found
    .sort((a, b) => a.rank - b.rank || (a.result.label < b.result.label ? -1 : 1))
    .slice(0, MOST_RESULTS)
    .map(({ result }) => result);
}
