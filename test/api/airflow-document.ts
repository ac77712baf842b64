// Airflow 3.3.2's OpenAPI document, which answers are held against.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const document = JSON.parse(
  readFileSync(new URL("../../src/api/document/airflow-3.3.2.json", import.meta.url), "utf8"),
);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, "airflow");

/** What Airflow's own clients would say of the answer; `path` is that of the document. */
export function complaints(path: string, method: string, status: number, body: unknown): unknown {
  const pointer = ["paths", `/api/v2${path}`, method, "responses", status].map((part) =>
    encodeURIComponent(String(part).replaceAll("~", "~0").replaceAll("/", "~1")),
  );
  const place = `airflow#/${pointer.join("/")}/content/${encodeURIComponent("application~1json")}/schema`;
  const validate = ajv.getSchema(place);
  if (!validate) throw new Error(`Airflow's document has nothing at ${place}`);
  return validate(body) ? [] : validate.errors;
}
