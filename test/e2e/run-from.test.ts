// A new run that begins at a task of an earlier one, by the API, over real threads and files.
import { expect, onTestFinished, test } from "vitest";
import { startProduct } from "./live-product.ts";

const FILE = `
import { Dag, getContext } from "stepwind";
export const dag = new Dag("etl", { params: { broken: false } });
const extract = dag.task("extract", async () => ({ text: "x".repeat(200_000), day: getContext().ds }));
const check = dag.task("check", async ({ rows }) => {
  if (getContext().params.broken) throw new Error("as asked");
  return [rows.text.length, rows.day, getContext().ds];
});
check({ rows: extract() });
`;

test("a run goes on where another one failed, with its values and another conf", async () => {
  const product = await startProduct();
  onTestFinished(() => product.close());
  product.write("etl.ts", FILE);
  await product.isLive("etl");
  const trigger = (body: object) => product.ask("/dags/etl/dagRuns", body);
  await trigger({
    dag_run_id: "first",
    logical_date: "2026-01-31T06:00:00Z",
    conf: { broken: true },
  });
  expect(await product.ended("etl", "first")).toBe("failed");
  const from = { dag_run_id: "first", task_ids: ["check"] };
  const second = await trigger({ dag_run_id: "second", conf: { broken: false }, from_run: from });
  expect(second).toMatchObject({ logical_date: "2026-01-31T06:00:00.001Z", run_type: "manual" });
  expect(await product.ended("etl", "second")).toBe("success");
  expect(await product.task("etl", "second", "extract")).toMatchObject({
    state: "success",
    try_number: 0,
    note: 'Taken over from run "first", try 1',
  });
  const value = async (runId: string) =>
    (
      await product.ask(
        `/dags/etl/dagRuns/${runId}/taskInstances/check/xcomEntries/return_value?deserialize=true`,
      )
    ).value;
  expect(await value("second")).toEqual([200_000, "2026-01-31", "2026-01-31"]);
  const url = `${product.url}/api/v2/dags/etl/dagRuns/first`;
  expect((await fetch(url, { method: "DELETE" })).status).toBe(204);
  await trigger({ dag_run_id: "third", from_run: { ...from, dag_run_id: "second" } });
  expect(await product.ended("etl", "third")).toBe("success");
  expect(await value("third")).toEqual([200_000, "2026-01-31", "2026-01-31"]);
  await expect(trigger({ dag_run_id: "fourth" })).rejects.toThrow("422");
  await expect(trigger({ from_run: { ...from, task_ids: ["nope"] } })).rejects.toThrow("404");
});
