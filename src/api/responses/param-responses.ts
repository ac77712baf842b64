// Params of DAGs, and of questions to people, as Airflow's API answers them.
import type { ParamDocument } from "../../model/document.ts";

/** Airflow: Param.serialize. */
export function toParams(params: Readonly<Record<string, ParamDocument>>) {
  return Object.fromEntries(
    Object.entries(params).map(([name, param]) => [
      name,
      {
        value: param.default ?? null,
        schema: param.schema,
        description: param.description ?? null,
        source: null,
      },
    ]),
  );
}
