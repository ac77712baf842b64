// /dagWarnings: what is wrong with DAGs that can run all the same. Airflow stores warnings when it
// parses a file; here they follow from what there is when somebody asks.
import type { DagRecord } from "../../../../model/records.ts";
import { listPools } from "../../../../services/limits/pools.ts";
import type { ApiContext } from "../../../context.ts";
import type { Schema } from "../../../document/shapes.ts";
import { type Operations, operation } from "../../../operation.ts";
import { PAGE } from "../../../requests/accepts.ts";
import { byText, type Filter, parametersOf, testsOf } from "../../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../../requests/listing.ts";
import { displayNameOf } from "../../../responses/dag-responses.ts";
import { toWireDate } from "../../../responses/wire.ts";
import { permittedDags } from "../permitted-dags.ts";

type Warning = Schema<"DAGWarningResponse">;

const TYPES: readonly Warning["warning_type"][] = [
  "asset conflict",
  "non-existent pool",
  "runtime varying value",
];
const FILTERS: readonly Filter<Warning>[] = [
  byText("dag_id", (warning) => warning.dag_id),
  {
    parameters: ["warning_type"],
    toTest(query) {
      const [wanted] = query.choices("warning_type", TYPES);
      return wanted === undefined ? undefined : ({ warning_type: type }) => type === wanted;
    },
  },
];
const ORDER: OrderKeys<Warning> = {
  dag_id: (warning) => warning.dag_id,
  warning_type: (warning) => warning.warning_type,
  message: ({ message }) => message,
  timestamp: ({ timestamp }) => timestamp,
};

export const dagWarningOperations: Operations = (context) => [
  operation("list_dag_warnings", {
    permission: "GET dag.warning",
    query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
    async handle({ query, c }) {
      const tests = testsOf(FILTERS, query, context.platform.clock.now());
      const dags = await permittedDags(context, c.var.principal, "GET dag.warning");
      const all = await poolWarnings(
        context,
        dags.filter(({ isStale }) => !isStale),
      );
      const found = all.filter((warning) => tests.every((test) => test(warning)));
      const order = { query, keys: ORDER, fallback: ["dag_id"] };
      return {
        dag_warnings: cut(ordered(found, order), query.page()),
        total_entries: found.length,
      };
    },
  }),
];

/** Of DAGs that have tasks in pools that there aren't: such tasks wait for their pool. */
async function poolWarnings(
  { platform: { metadata }, services }: ApiContext,
  dags: readonly DagRecord[],
): Promise<readonly Warning[]> {
  const { limits, versions } = services;
  const known = new Set((await listPools({ metadata, limits })).map(({ pool }) => pool));
  const warnings: Warning[] = [];
  for (const { dagId, versionHash, lastParsedAt } of dags) {
    const { document } = await versions.get(dagId, versionHash);
    const used = new Set(document.tasks.flatMap(({ pool }) => pool ?? []));
    const missing = [...used].filter((pool) => !known.has(pool)).sort();
    if (missing.length === 0) continue;
    const names = missing.map((pool) => `'${pool}'`).join(", ");
    warnings.push({
      dag_id: dagId,
      dag_display_name: displayNameOf(document),
      warning_type: "non-existent pool",
      message: `Dag '${dagId}' references non-existent pools: [${names}]`,
      timestamp: toWireDate(lastParsedAt),
    });
  }
  return warnings;
}
