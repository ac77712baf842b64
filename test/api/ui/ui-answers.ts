// Asks below `/ui/`, and holds each answer against the document that is served.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";
import { mergeDocument } from "../../../scripts/api/merge-document.ts";
import { OPERATIONS } from "../../../src/api/document/generated/operations.ts";
import type { OperationId } from "../../../src/api/document/shapes.ts";

const airflow = new URL("../../../src/api/document/airflow-3.3.2.json", import.meta.url);
const document = mergeDocument(JSON.parse(readFileSync(airflow, "utf8")));
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, "document");

type Answer = ReturnType<typeof JSON.parse>;

/** What is wrong with the answer of the operation, by the document. */
function complaintsAbout(id: OperationId, status: number, answer: unknown): unknown {
  const { path, method } = OPERATIONS[id];
  const pointer = ["paths", path, method, "responses", String(status)]
    .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
    .join("/");
  const place = `document#/${pointer}/content/${encodeURIComponent("application~1json")}/schema`;
  const validate = ajv.getSchema(place);
  if (!validate) throw new Error(`The document has nothing at ${place}`);
  return validate(answer) ? [] : validate.errors;
}

export interface App {
  request(path: string, init?: RequestInit): Response | Promise<Response>;
}

/** The operation whose path fits best. */
function operationAt(path: string): OperationId {
  const place = path.split("?")[0] ?? "";
  const fits = Object.entries(OPERATIONS).filter(
    ([, { path: pattern, method }]) =>
      method === "get" && new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(place),
  );
  const [found] = fits.sort(([, a], [, b]) => a.path.split("{").length - b.path.split("{").length);
  if (!found) throw new Error(`No operation is at ${path}`);
  return found[0] as OperationId;
}

/** Of a success, the answer as the document has it. */
export async function askUi(
  app: App,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await app.request(`/ui${path}`, { headers });
  const answer = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  expect(complaintsAbout(operationAt(`/ui${path}`), 200, answer)).toEqual([]);
  return answer;
}

/** Of a refusal. */
export async function refusedUi(app: App, path: string): Promise<readonly [number, Answer]> {
  const response = await app.request(`/ui${path}`);
  const answer = await response.json();
  expect(complaintsAbout(operationAt(`/ui${path}`), response.status, answer)).toEqual([]);
  return [response.status, answer];
}
