// The DAG as its author writes it. It only draws; `to-document.ts` reads the drawing.
import { captureCallSite } from "./call-site.ts";
import { type DagGraph, GRAPH } from "./drawing/graph.ts";
import { Scope } from "./drawing/scope.ts";
import type { DagOptions } from "./options.ts";

/**
 * A DAG: export it from a file in the DAG folder and it is deployed.
 *
 * ```ts
 * export const dag = new Dag("daily_report", { schedule: "@daily", startDate: "2026-01-01" });
 * ```
 */
export class Dag extends Scope {
  readonly dagId: string;

  constructor(dagId: string, options: DagOptions = {}) {
    super({
      dagId,
      options,
      site: captureCallSite(Dag),
      declared: [],
      placed: [],
      groups: [],
      edges: [],
      reads: [],
      decisions: [],
      scopes: [],
      mistakes: [],
    });
    this.dagId = dagId;
  }
}

/** Whether the value is a `Dag`, also one of another copy of the SDK. */
export function isDag(value: unknown): value is Dag {
  return isObject(value) && GRAPH in value && "dagId" in value;
}

/** What a DAG has drawn. */
export function graphOf(dag: Dag): DagGraph {
  return dag[GRAPH];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
