// Input that is made to take long: patterns, lists, dates, bodies with very many mistakes. No answer
// takes more than eight seconds of a processor, which leaves room for slow machines: what is refused or
// bounded here took from there to minutes.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../../src/api/document/generated/operations.ts";
import { FILES } from "../../../src/api/operation-files.ts";
import { dagDocument } from "../../model/documents.ts";
import { type ApiProduct, createApiProduct, FAILED_RUN, publish } from "../api-product.ts";

/** Of CPU time of this thread, which other processes and other test files do not lengthen. */
const MOST_MS = 3_000;

async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const before = process.threadCpuUsage();
  const value = await work();
  const { user, system } = process.threadCpuUsage(before);
  return { value, ms: (user + system) / 1_000 };
}

/** 200 DAGs with long names, and runs with a conf as long as one may be. */
async function full(): Promise<ApiProduct> {
  const product = await createApiProduct();
  const { metadata } = product;
  const name = "a".repeat(200);
  for (let count = 0; count < 200; count += 1) {
    await publish(metadata, dagDocument({ dagId: `${name}${count}` }), { isPaused: true });
  }
  const run = await metadata.runs.get("etl", FAILED_RUN);
  if (!run) throw new Error("The run is missing");
  for (let count = 0; count < 3; count += 1) {
    const runAfter = `2026-01-0${count + 1}T06:00:00.000Z`;
    const conf = { text: "a".repeat(200_000) };
    const runId = `${name}${count}`;
    await metadata.runs.create({ ...run, runId, runAfter, logicalDate: runAfter, conf });
  }
  return product;
}

interface Documented {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}
const {
  paths,
}: { readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>> } = JSON.parse(
  readFileSync(new URL("../../../src/api/document/airflow-3.3.2.json", import.meta.url), "utf8"),
);
const SERVED: ReadonlySet<string> = new Set(FILES.flatMap(({ ids }) => ids));
const SEARCHES = Object.entries(paths).flatMap(([path, { get }]) => {
  if (!get || !SERVED.has(get.operationId)) return [];
  const asked = path.replaceAll(/\{\w+\}/g, "~");
  return (get.parameters ?? [])
    .filter(({ name }) => /_pattern$|_search$|_contains$/.test(name))
    .map(({ name }) => ({ asked, name }));
});

const PATTERNS = [
  `${"a".repeat(1_999)}b`,
  `${"%a".repeat(999)}b`,
  `${"a%".repeat(999)}b`,
  `${"_".repeat(1_999)}b`,
  `${"%_".repeat(999)}b`,
  `%${"a_".repeat(900)}b%a`,
  `${"a|".repeat(999)}b`,
  `${"(a+)+$".repeat(300)}`,
  "a".repeat(15_000),
];

describe("patterns", () => {
  test("there are searches in most listings", () => {
    expect(SEARCHES.length).toBeGreaterThan(60);
    expect(SEARCHES.map(({ name }) => name)).toContain("conf_contains");
  });

  test("none takes long in any search of any listing", async () => {
    const { ask } = await full();
    const slow: unknown[] = [];
    for (const { asked, name } of SEARCHES) {
      for (const pattern of PATTERNS) {
        const path = `${asked.replace("/api/v2", "")}?${new URLSearchParams({ [name]: pattern })}`;
        const { value, ms } = await timed(() => ask(path));
        expect(value.status, path.slice(0, 200)).toBeLessThan(500);
        if (ms > MOST_MS) slow.push([asked, name, pattern.slice(0, 20), ms]);
      }
    }
    expect(slow).toEqual([]);
  }, 300_000);

  test("one that is too long is refused with the limit", async () => {
    const { ask } = await createApiProduct();
    const { status, body } = await ask(`/dags?dag_id_pattern=${"a".repeat(2_001)}`);
    expect([status, body.detail]).toEqual([
      400,
      `The pattern "${"a".repeat(20)}…" has 2001 characters; give at most 2000`,
    ]);
  });
});

describe("lists", () => {
  test("of more than a thousand values are refused, in queries and bodies", async () => {
    const { ask } = await createApiProduct();
    const many = Array.from({ length: 1_001 }, (_, index) => `d${index}`);
    const query = new URLSearchParams(many.map((tag): [string, string] => ["tags", tag]));
    expect((await ask(`/dags?${query}`)).body.detail).toBe(
      "`tags` has 1001 values; give at most 1000",
    );
    const { value, ms } = await timed(() =>
      ask("/dags/~/dagRuns/list", {
        body: { dag_ids: Array.from({ length: 100_000 }, () => "d") },
      }),
    );
    expect(value).toMatchObject({
      status: 400,
      body: { detail: "`dag_ids` has 100000 values; give at most 1000" },
    });
    expect(ms).toBeLessThan(MOST_MS);
    const order = new URLSearchParams(
      Array.from({ length: 11 }, (): [string, string] => ["order_by", "dag_id"]),
    );
    expect((await ask(`/dags?${order}`)).status).toBe(400);
  });
});

describe("bodies", () => {
  const CHANGES = FILES.flatMap(({ ids }) => ids).filter((id) => "body" in OPERATIONS[id]);
  const items = (item: string, count: number) => `[${Array(count).fill(item).join(",")}]`;
  const BODIES: Readonly<Record<string, string>> = {
    "many things that are none": `{"actions":${items("1", 400_000)}}`,
    "actions with many entities that are none": `{"actions":[{"action":"create","entities":${items("1", 400_000)}}]}`,
    "many actions without a thing": `{"actions":${items("{}", 300_000)}}`,
    "few enough mistakes to be told all": `{"actions":[{"action":"create","entities":${items("{}", 20_000)}}]}`,
    "many fields that are none": `{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":1`).join(",")}}`,
    "a long text": `"${"\\u0000".repeat(150_000)}"`,
    "a long list": items("1", 500_000),
    "a long number": "9".repeat(1_000_000),
    "spaces where a date is to be": `{"partition_date_start":"${" ".repeat(500_000)}x","start_date":"${" ".repeat(400_000)}x"}`,
    "digits where a date is to be": `{"logical_date":"${"2026-01-01T".repeat(80_000)}"}`,
  };

  test.each(Object.keys(BODIES))(
    "with %s take no operation long",
    async (name) => {
      const { app } = await createApiProduct();
      const slow: unknown[] = [];
      for (const id of CHANGES) {
        const { method, path } = OPERATIONS[id];
        const asked = path.replaceAll(/\{(\w+)\}/g, (_, each) => (each === "dag_id" ? "etl" : "1"));
        const body = BODIES[name] ?? "";
        const ask = async () => {
          const answer = await app.request(asked, { method: method.toUpperCase(), body });
          return { status: answer.status, text: await answer.text() };
        };
        const { value, ms } = await timed(ask);
        expect(value.status, `${id}: ${value.text.slice(0, 300)}`).toBeLessThan(500);
        expect(value.text.length, id).toBeLessThan(3_000_000);
        if (ms > MOST_MS) slow.push([id, ms]);
      }
      expect(slow).toEqual([]);
    },
    120_000,
  );

  test("whose mistakes are many are told the first of them", async () => {
    const { ask } = await createApiProduct();
    const entities = Array.from({ length: 300 }, () => ({}));
    const { status, body } = await ask("/pools", {
      method: "PATCH",
      body: { actions: [{ action: "create", entities }] },
    });
    expect(status).toBe(422);
    expect(body.detail).toHaveLength(100);
    expect(body.detail[0].loc.slice(0, 4)).toEqual(["body", "actions", 0, "entities"]);
  });

  test("a date with many spaces before its zone is read at once", async () => {
    const { ask } = await createApiProduct();
    for (const date of [`2026-01-01${" ".repeat(900_000)}x`, `${" ".repeat(900_000)}Z`]) {
      const body = { partition_date_start: date, dry_run: true };
      const { value, ms } = await timed(() => ask("/dags/etl/clearPartitions", { body }));
      expect(value.status).toBeLessThan(500);
      expect(ms).toBeLessThan(MOST_MS);
    }
  });
});

test("a param's pattern that has very many ways to match a text is given up", async () => {
  const { ask, metadata } = await createApiProduct();
  const schema = { type: "string", pattern: "^(([a-z])+.)+[A-Z]([a-z])+$" };
  const params = { name: { default: "aA", schema } };
  await publish(metadata, dagDocument({ dagId: "named", params }), { isPaused: true });
  const trigger = (name: string) => {
    const body = { logical_date: null, dag_run_id: name.slice(0, 4), conf: { name } };
    return ask("/dags/named/dagRuns", { body });
  };
  expect((await trigger("abAb")).status).toBe(200);
  const { value, ms } = await timed(() => trigger("a".repeat(60)));
  expect([value.status, value.body.detail]).toEqual([
    400,
    expect.stringContaining("name: must match pattern"),
  ]);
  expect(ms).toBeLessThan(MOST_MS);
  expect((await trigger("abAc")).status).toBe(200);
});

test("a log-in with a very long name or password is refused like any other", async () => {
  const { createAccessProduct } = await import("../access/access-product.ts");
  const { send, createUser } = await createAccessProduct();
  await createUser("ann", ["Viewer"]);
  for (const body of [
    { username: "ann", password: "x".repeat(900_000) },
    { username: "x".repeat(900_000), password: "x" },
  ]) {
    const { value, ms } = await timed(() => send("/auth/token", { body }));
    expect(value.status).toBe(401);
    expect(ms).toBeLessThan(MOST_MS);
  }
});
