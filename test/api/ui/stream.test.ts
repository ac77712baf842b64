// /ui/changes and /ui/log as streams of a real server: what happens is told at once, to each
// reader, from where it was cut off.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LiveProduct, startProduct } from "../../e2e/live-product.ts";
import { type EventReader, openEvents, type ServerSentEvent } from "./event-reader.ts";

const DAG = `import { Dag } from "stepwind";
export const dag = new Dag("steps", { schedule: null });
const first = dag.task("first", async () => {
  console.log("one");
})();
const second = dag.task("second", async () => {
  console.log("two");
  await new Promise((resolve) => setTimeout(resolve, 400));
  console.log("three");
})();
first.before(second);
`;

let product: LiveProduct;
const readers: EventReader[] = [];

async function open(path: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = await openEvents(`${product.url}/ui${path}`, headers);
  readers.push(reader);
  return reader;
}

beforeAll(async () => {
  product = await startProduct();
  product.write("steps.ts", DAG);
  await product.isLive("steps");
}, 60_000);

afterAll(async () => {
  for (const reader of readers) reader.close();
  await product.close();
});

const isEnd = (runId: string) => (event: ServerSentEvent) =>
  event.data.runs.some(
    (run: { dag_run_id: string; state: string }) =>
      run.dag_run_id === runId && run.state === "success",
  );
const hasDag = ({ data }: ServerSentEvent) => data.dags.length > 0;

describe("changes", () => {
  test("two readers see each step of a run of their DAG", async () => {
    const both = [await open("/changes?scope=dag:steps"), await open("/changes?scope=dag:steps")];
    await product.trigger("steps", "watched");
    for (const reader of both) {
      const last = await reader.until(isEnd("watched"));
      const run = last.data.runs.find(
        (each: { dag_run_id: string }) => each.dag_run_id === "watched",
      );
      expect(run).toMatchObject({ state: "success", states: { s: "ss" } });
    }
  });

  test("who is cut off goes on behind what it has seen", async () => {
    const reader = await open("/changes");
    await product.trigger("steps", "before");
    const seen = await reader.until(hasDag);
    reader.close();
    await product.run("steps", "meanwhile");
    const again = await open("/changes", { "last-event-id": seen.id });
    const event = await again.next();
    expect(event?.data.dags).toMatchObject([{ dag_id: "steps" }]);
    expect(event?.data.dags[0].runs.ids).toContain("meanwhile");
  });

  test("what happens while a reader is slow comes together", async () => {
    const reader = await open("/changes?scope=dag:steps");
    await reader.next();
    for (const runId of ["slow1", "slow2", "slow3"]) await product.run("steps", runId);
    const last = await reader.until(isEnd("slow3"));
    expect(last.data.dags).toMatchObject([{ dag_id: "steps" }]);
  });

  test("another DAG's changes are not told where one is asked for", async () => {
    product.write("other.ts", DAG.replace('"steps"', '"other"'));
    await product.isLive("other");
    const reader = await open("/changes?scope=dag:other");
    await product.run("steps", "elsewhere");
    await product.run("other", "here");
    const event = await reader.until(isEnd("here"));
    expect(JSON.stringify(event.data)).not.toContain("elsewhere");
  });

  test("who asks for JSON gets an answer at once", async () => {
    const url = `${product.url}/ui/changes`;
    const response = await fetch(url, { headers: { accept: "application/json" } });
    expect(response.headers.get("content-type")).toContain("application/json");
    const { cursor }: { readonly cursor: string } = JSON.parse(await response.text());
    expect((await fetch(`${url}?cursor=${cursor}`)).status).toBe(304);
  });
});

test("a log is followed to its end", async () => {
  await product.trigger("steps", "logged");
  await expect
    .poll(async () => (await product.task("steps", "logged", "second")).try_number, {
      timeout: 20_000,
    })
    .toBe(1);
  const reader = await open("/log/steps/logged/second/-1/1");
  const lines: string[] = [];
  for (;;) {
    const event = await reader.next();
    if (!event || event.event === "end") break;
    lines.push(...event.data.map(({ m }: { m: string }) => m));
  }
  expect(lines).toEqual(expect.arrayContaining(["two", "three"]));
}, 30_000);

test("streams end with the server", async () => {
  const other = await startProduct();
  const reader = await openEvents(`${other.url}/ui/changes`);
  await reader.next();
  const begun = Date.now();
  await other.close();
  await reader.next().catch(() => undefined);
  expect(Date.now() - begun).toBeLessThan(5_000);
}, 60_000);
