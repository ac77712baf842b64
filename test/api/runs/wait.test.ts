// Waiting for the end of a run: a line of JSON for each look.
import { expect, test } from "vitest";
import { createApiServer } from "../../../src/api/api-server.ts";
import { createApiProduct, FAILED_RUN, RUNNING_RUN } from "../api-product.ts";

const place = (runId: string) => `/api/v2/dags/etl/dagRuns/${encodeURIComponent(runId)}/wait`;
const linesOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("a run that has ended is told at once, with what its tasks have returned", async () => {
  const { app } = await createApiProduct();
  const answer = await app.request(`${place(FAILED_RUN)}?interval=1&result=load&result=extract`);
  expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
  expect(linesOf(await answer.text())).toEqual([
    { state: "failed", results: { load: { total: 7 } } },
  ]);
  const plain = await app.request(`${place(FAILED_RUN)}?interval=1`);
  expect(linesOf(await plain.text())).toEqual([{ state: "failed" }]);
});

test("the state of a run that goes on is told again and again, until it has ended", async () => {
  const { app, metadata, platform } = await createApiProduct();
  let looks = 0;
  Object.assign(platform.clock, {
    async sleep(ms: number) {
      expect(ms).toBe(2_500);
      looks += 1;
      if (looks < 3) return;
      const set = { state: "success" } as const;
      await metadata.runs.update({ dagId: "etl", runId: RUNNING_RUN, from: ["running"], set });
    },
  });
  const answer = await app.request(`${place(RUNNING_RUN)}?interval=2.5`);
  const states = linesOf(await answer.text()).map(({ state }) => state);
  expect(states).toEqual(["running", "running", "running", "success"]);
});

test("nobody looks any more once nobody listens, or where the run is gone", async () => {
  const { app, metadata, platform } = await createApiProduct();
  let looks = 0;
  const signals: AbortSignal[] = [];
  Object.assign(platform.clock, {
    async sleep(_: number, signal: AbortSignal) {
      looks += 1;
      signals.push(signal);
    },
  });
  const answer = await app.request(`${place(RUNNING_RUN)}?interval=0.001`);
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  const seen = looks;
  await new Promise((resolve) => setImmediate(resolve));
  expect(looks - seen).toBeLessThanOrEqual(1);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);

  const other = await app.request(`${place(RUNNING_RUN)}?interval=1`);
  const gone = other.body?.getReader();
  await gone?.read();
  const set = { state: "failed" } as const;
  await metadata.runs.update({ dagId: "etl", runId: RUNNING_RUN, from: ["running"], set });
  await metadata.runs.delete("etl", RUNNING_RUN);
  const rest = [];
  for (let part = await gone?.read(); part && !part.done; part = await gone?.read()) {
    rest.push(part.value);
  }
  expect(rest.length).toBeLessThanOrEqual(1);
});

test("where answers come as a whole, a line of a run that goes on may be the last", async () => {
  const { platform, services } = await createApiProduct();
  let now = platform.clock.now();
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  const app = createApiServer({ ...platform, clock }, services, { longestWaitSeconds: 20 });
  const answer = await app.request(`${place(RUNNING_RUN)}?interval=8`);
  expect(linesOf(await answer.text()).map(({ state }) => state)).toEqual(Array(3).fill("running"));
});

test.each(["", "?interval=0", "?interval=x", "?interval=-1"])("%j is refused", async (query) => {
  const { app } = await createApiProduct();
  const answer = await app.request(`${place(FAILED_RUN)}${query}`);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ detail: [{ loc: ["query", "interval"] }] });
});
