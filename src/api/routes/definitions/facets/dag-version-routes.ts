// /dags/{dag_id}/dagVersions: the versions of a DAG, or of all ("~").
import type { DagVersionRecord } from "../../../../model/records.ts";
import type { Principal } from "../../../access/principal.ts";
import { ANY, type ApiContext, dagOf } from "../../../context.ts";
import { type Operations, operation } from "../../../operation.ts";
import { Problem } from "../../../problems.ts";
import { PAGE } from "../../../requests/accepts.ts";
import {
  byIntegers,
  byText,
  type Filter,
  parametersOf,
  testsOf,
} from "../../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../../requests/listing.ts";
import { BUNDLE_NAME, toDagVersionResponse } from "../../../responses/dag-responses.ts";
import { permittedDags } from "../permitted-dags.ts";

const FILTERS: readonly Filter<DagVersionRecord>[] = [
  byIntegers("version_number", ({ number }) => number),
  byText("bundle_name", () => BUNDLE_NAME),
  byText("bundle_version", ({ bundleHash }) => bundleHash),
];
const ORDER: OrderKeys<DagVersionRecord> = {
  // Airflow's ids grow with time.
  id: ({ createdAt }) => createdAt,
  version_number: ({ number }) => number,
  bundle_name: () => BUNDLE_NAME,
  bundle_version: ({ bundleHash }) => bundleHash,
};

export const dagVersionOperations: Operations = (context) => [
  operation("get_dag_versions", {
    permission: "GET dag.version",
    query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
    async handle({ path: { dag_id: dagId }, query, c }) {
      const tests = testsOf(FILTERS, query, context.platform.clock.now());
      const all = await versionsOf(context, dagId, c.var.principal);
      const found = all.filter((version) => tests.every((test) => test(version)));
      const order = { query, keys: ORDER, fallback: ["id"] };
      const page = cut(ordered(found, order), query.page());
      return { dag_versions: page.map(toDagVersionResponse), total_entries: found.length };
    },
  }),

  operation("get_dag_version", {
    permission: "GET dag.version",
    async handle({ path: { dag_id: dagId, version_number: number } }) {
      const all = await context.platform.metadata.versions.list(dagId);
      const found = all.find((version) => version.number === number);
      if (found) return toDagVersionResponse(found);
      throw new Problem(
        404,
        `The DagVersion with dag_id: \`${dagId}\` and version_number: \`${number}\` was not found`,
      );
    },
  }),
];

/** Those of one DAG oldest first, of several DAGs one DAG after the other. */
async function versionsOf(
  context: ApiContext,
  dagId: string,
  principal: Principal,
): Promise<readonly DagVersionRecord[]> {
  const { versions } = context.platform.metadata;
  const dags =
    dagId === ANY
      ? await permittedDags(context, principal, "GET dag.version")
      : [await dagOf(context, dagId)];
  const found: DagVersionRecord[] = [];
  for (const dag of dags) found.push(...(await versions.list(dag.dagId)).toReversed());
  return found;
}
