// Pages by cursor, forth and back, in any order.
import { expect, test } from "vitest";
import { type ApiProduct, createApiProduct, FAILED_RUN } from "../api-product.ts";

/** Ids of all pages from the first to the last one, then those on the way back. */
async function walk({ ask }: Pick<ApiProduct, "ask">, path: string, id: string) {
  const forth: string[][] = [];
  const back: string[][] = [];
  const idsOf = (body: Record<string, readonly Record<string, string>[]>) =>
    (body.dag_runs ?? body.task_instances ?? []).map((item) => `${item[id]}`);
  let cursor: string | null = "";
  let previous: string | null = null;
  while (cursor !== null) {
    const { body, status } = await ask(`${path}&cursor=${encodeURIComponent(cursor)}`);
    expect(status, JSON.stringify(body)).toBe(200);
    forth.push(idsOf(body));
    cursor = body.next_cursor;
    previous = body.previous_cursor;
  }
  while (previous !== null) {
    const { body } = await ask(`${path}&cursor=${encodeURIComponent(previous)}`);
    back.push(idsOf(body));
    previous = body.previous_cursor;
    if (back.length > forth.length) break;
  }
  return { forth, back };
}

async function manyRuns() {
  const product = await createApiProduct();
  const ids = Array.from({ length: 8 }, (_, index) => `run_${index}`);
  for (const [index, runId] of ids.entries()) {
    // Each two of them are due at the same moment.
    const runAfter = `2026-02-0${1 + Math.floor(index / 2)}T00:00:00.000Z`;
    await product.metadata.runs.create({
      ...{ dagId: "by_hand", runId, runType: "manual", state: "success", logicalDate: null },
      ...{ dataIntervalStart: null, dataIntervalEnd: null, runAfter, queuedAt: runAfter },
      ...{ conf: {}, triggeredBy: "rest_api", versionHash: "v1", clearNumber: 0 },
      ...{ startDate: runAfter, endDate: `2026-02-09T00:00:0${(index * 3) % 8}.000Z` },
    });
  }
  return { product, ids };
}

test.each(["-run_after", "run_after", "-end_date", "end_date", "state", "-duration"])(
  "runs ordered by %s are paged forth and back without gaps or doubles",
  async (order) => {
    const { product, ids } = await manyRuns();
    for (const limit of [1, 3, 8]) {
      const path = `/dags/by_hand/dagRuns?order_by=${order}&limit=${limit}`;
      const { forth, back } = await walk(product, path, "dag_run_id");
      expect(forth.flat().toSorted()).toEqual(ids);
      expect(forth.slice(0, -1).every((page) => page.length === limit)).toBe(true);
      const before = forth.slice(0, -1).flat();
      expect(back.toReversed().flat()).toEqual(before);
    }
  },
);

test("a page back leads forth again", async () => {
  const { product } = await manyRuns();
  const path = "/dags/by_hand/dagRuns?limit=3&cursor=";
  const first = (await product.ask(path)).body;
  expect(first.previous_cursor).toBeNull();
  const second = (await product.ask(`${path}${first.next_cursor}`)).body;
  const back = (await product.ask(`${path}${second.previous_cursor}`)).body;
  expect(back.dag_runs).toEqual(first.dag_runs);
  expect(back.previous_cursor).toBeNull();
  const again = (await product.ask(`${path}${back.next_cursor}`)).body;
  expect(again.dag_runs).toEqual(second.dag_runs);
});

test("what comes or goes between two pages neither doubles nor hides others", async () => {
  const { product, ids } = await manyRuns();
  const path = "/dags/by_hand/dagRuns?order_by=-start_date&limit=3&cursor=";
  const first = (await product.ask(path)).body;
  const seen = first.dag_runs.map((run: { dag_run_id: string }) => run.dag_run_id);
  await product.metadata.runs.delete("by_hand", seen[2]);
  const second = (await product.ask(`${path}${first.next_cursor}`)).body;
  const next = second.dag_runs.map((run: { dag_run_id: string }) => run.dag_run_id);
  expect(next.some((id: string) => seen.includes(id))).toBe(false);
  expect(ids).toEqual(expect.arrayContaining(next));
});

test("task instances of a run are paged in any order", async () => {
  const product = await createApiProduct();
  const run = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}`;
  for (const [order, expected] of [
    ["task_id", ["alert", "extract", "load"]],
    ["-state", ["load", "extract", "alert"]],
  ] as const) {
    const path = `${run}/taskInstances?order_by=${order}&limit=2`;
    const { forth, back } = await walk(product, path, "task_id");
    expect(forth.flat()).toEqual(expected);
    expect(back.flat()).toEqual(expected.slice(0, 2));
  }
  const wrong = await product.ask(`${run}/taskInstances?cursor=eyJuZXh0IjoieCJ9`);
  expect(wrong.status).toBe(422);
});
