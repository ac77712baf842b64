// Several DAGs as one export, and the DAGs of a module: what deploying a file means.
import { type Dag, isDag } from "./dag.ts";

const BUNDLE = Symbol.for("stepwind.bundle");

/** DAGs of bundles that were served while a module was imported; `collectDags` takes them. */
const served: Dag[] = [];

/**
 * A set of DAGs, as Airflow's TypeScript SDK has it. Exporting the DAGs themselves does the same.
 *
 * ```ts
 * export const bundle = new Bundle(dag, otherDag);
 * ```
 */
export class Bundle {
  readonly [BUNDLE]: Dag[];

  constructor(...dags: readonly Dag[]) {
    this[BUNDLE] = [...dags];
  }

  /** Adds DAGs. */
  register(...dags: readonly Dag[]): this {
    this[BUNDLE].push(...dags);
    return this;
  }

  /** Deploys the DAGs of a file that doesn't export them; runs nothing. */
  async serve(): Promise<void> {
    served.push(...this[BUNDLE]);
  }
}

/**
 * The DAGs of a module just imported, each once, in the order exported: exported DAGs and bundles,
 * lists and objects of them, and bundles it served. Call it right after the import, before another
 * module is imported.
 */
export function collectDags(moduleNamespace: object): Dag[] {
  const dags = new Set<Dag>();
  const collect = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null) return;
    if (isDag(value)) dags.add(value);
    else if (isBundle(value)) for (const dag of value[BUNDLE]) dags.add(dag);
    else if (depth > 0) for (const part of Object.values(value)) collect(part, depth - 1);
  };
  collect(moduleNamespace, 2);
  for (const dag of served.splice(0)) dags.add(dag);
  return [...dags];
}

function isBundle(value: object): value is { readonly [BUNDLE]: readonly Dag[] } {
  return BUNDLE in value;
}
