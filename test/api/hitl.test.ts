// Questions to people in the API, as Airflow 3.3.2's OpenAPI document has them.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { inputRequestKey } from "../../src/model/ids.ts";
import type { InputRequestRecord } from "../../src/model/waits/input-requests.ts";
import { createApiProduct, RUNNING_RUN } from "./api-product.ts";

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const fixture = new URL("../../src/api/document/airflow-3.3.2.json", import.meta.url);
ajv.addSchema(JSON.parse(readFileSync(fixture, "utf8")), "airflow");

function complaints(schema: string, body: unknown): unknown {
  const validate = ajv.getSchema(`airflow#/components/schemas/${schema}`);
  if (!validate) throw new Error(`Airflow's document has no ${schema}`);
  return validate(body) ? [] : validate.errors;
}

const KEY = { dagId: "etl", runId: RUNNING_RUN, taskId: "alert", mapIndex: -1 };
const START = "2026-01-31T11:00:00.000Z";
const PLACE = `/dags/etl/dagRuns/${encodeURIComponent(RUNNING_RUN)}/taskInstances/alert/-1/hitlDetails`;

async function asking(changes: Partial<InputRequestRecord> = {}) {
  const product = await createApiProduct();
  const set = { state: "awaiting_input", tryNumber: 1, startDate: START } as const;
  await product.metadata.taskInstances.update({ key: KEY, from: [null], set });
  await product.metadata.inputRequests.put({
    ...KEY,
    key: inputRequestKey(KEY, 1),
    tryNumber: 1,
    askedBy: START,
    createdAt: START,
    subject: "Go on?",
    body: null,
    options: ["yes", "no"],
    defaults: ["no"],
    multiple: false,
    params: { rows: { default: 1, schema: { type: "integer" } } },
    assignedUsers: [],
    ...changes,
  });
  const key = inputRequestKey(KEY, 1);
  await product.metadata.openInputRequests.put({ key, writtenAt: START });
  return product;
}

test("questions and answers have Airflow's form", async () => {
  const { ask } = await asking();
  const detail = await ask(PLACE);
  expect([detail.status, complaints("HITLDetail", detail.body)]).toEqual([200, []]);
  const list = await ask("/dags/~/dagRuns/~/hitlDetails?order_by=-created_at&subject_search=go");
  expect([list.status, complaints("HITLDetailCollection", list.body)]).toEqual([200, []]);
  expect(list.body.total_entries).toBe(1);
  const body = { chosen_options: ["yes"], params_input: { rows: 3 } };
  const answer = await ask(PLACE, { method: "PATCH", body });
  expect([answer.status, complaints("HITLDetailResponse", answer.body)]).toEqual([200, []]);
  expect(answer.body).toMatchObject({ responded_by: { id: "ann", name: "ann" }, ...body });
  const after = await ask(PLACE);
  expect(complaints("HITLDetail", after.body)).toEqual([]);
  expect(after.body).toMatchObject({ response_received: true, chosen_options: ["yes"] });
  expect((await ask(`${PLACE}/tries/1`)).status).toBe(200);
  expect((await ask(`${PLACE}/tries/2`)).status).toBe(404);
  expect((await ask(PLACE, { method: "PATCH", body })).status).toBe(409);
});

test("the listing is narrowed down by its filters", async () => {
  const { ask } = await asking();
  const countOf = async (query: string) =>
    (await ask(`/dags/~/dagRuns/~/hitlDetails?${query}`)).body.total_entries;
  expect(await countOf("response_received=false&state=awaiting_input&task_id=alert")).toBe(1);
  expect(await countOf("response_received=true")).toBe(0);
  expect(await countOf("dag_id_pattern=none")).toBe(0);
  expect(await countOf("created_at_gt=2026-01-31T11:00:00Z")).toBe(0);
  expect(await countOf("map_index=0")).toBe(0);
  expect((await ask("/dags/none/dagRuns/~/hitlDetails")).status).toBe(404);
});

test("what waits for an answer is found without what has one, until it is answered", async () => {
  const { ask, metadata } = await asking();
  const pending = async () =>
    (await ask("/dags/etl/dagRuns/~/hitlDetails?response_received=false")).body.total_entries;
  expect(await pending()).toBe(1);
  expect((await ask(PLACE, { method: "PATCH", body: { chosen_options: ["yes"] } })).status).toBe(
    200,
  );
  expect((await metadata.openInputRequests.list()).items).toEqual([]);
  expect(await pending()).toBe(0);
  expect((await ask("/dags/etl/dagRuns/~/hitlDetails")).body.total_entries).toBe(1);
});

test("those who are assigned may answer, and nobody else; a body that is none is refused", async () => {
  const others = await asking({ assignedUsers: [{ id: "bob", name: "Bob" }] });
  const body = { chosen_options: ["yes"] };
  expect(await others.ask(PLACE, { method: "PATCH", body })).toEqual({
    status: 403,
    body: { detail: "User=ann (id=ann) is not a respondent for the task." },
  });
  const own = await asking({ assignedUsers: [{ id: "ann", name: "Ann" }] });
  expect((await own.ask(PLACE, { method: "PATCH", body: {} })).status).toBe(422);
  expect((await own.ask(PLACE, { method: "PATCH", body })).status).toBe(200);
});

test("a question of an earlier DAG with the same ids is none of the task", async () => {
  const { ask } = await asking({ askedBy: "2025-01-01T00:00:00.000Z" });
  expect((await ask(PLACE)).status).toBe(404);
  expect((await ask("/dags/~/dagRuns/~/hitlDetails")).body.total_entries).toBe(0);
});
