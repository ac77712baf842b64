// What the `stepwind pools` commands do.
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type Api, ApiError, path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";
import { countOf } from "../../terminal/text.ts";

interface PoolSetting {
  readonly name: string;
  readonly slots: number;
  readonly description: string;
  readonly include_deferred: boolean;
}

interface PoolAnswer extends Omit<PoolSetting, "description"> {
  readonly description: string | null;
  readonly open_slots: number;
  readonly running_slots: number;
  readonly queued_slots: number;
  readonly scheduled_slots: number;
  readonly deferred_slots: number;
}

const COLUMNS: readonly Column<PoolAnswer>[] = [
  { name: "pool", value: ({ name }) => name },
  { name: "slots", value: ({ slots }) => String(slots) },
  { name: "description", value: ({ description }) => description ?? "" },
  { name: "include_deferred", value: (pool) => (pool.include_deferred ? "True" : "False") },
  { name: "open", value: (pool) => String(pool.open_slots) },
  { name: "running", value: (pool) => String(pool.running_slots) },
  { name: "queued", value: (pool) => String(pool.queued_slots) },
  { name: "waiting", value: (pool) => String(pool.scheduled_slots) },
];

export async function listPools(session: Session, places: Places, output: Output): Promise<void> {
  await withConnection(places, async ({ api }) => {
    await printRows(session, await everyPool(api), { columns: COLUMNS, output });
  });
}

export async function showPool(
  session: Session,
  places: Places,
  { name, output }: { readonly name: string; readonly output: Output },
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const pool = await api.get<PoolAnswer>(path`/pools/${name}`);
    await printRows(session, [pool], { columns: COLUMNS, output });
  });
}

export async function setPool(
  { terminal }: Session,
  places: Places,
  pool: PoolSetting,
): Promise<void> {
  await withConnection(places, ({ api }) => putPool(api, pool), "change");
  const slots = pool.slots < 0 ? "any number of slots" : countOf(pool.slots, "slot");
  terminal.out(`Pool ${pool.name} has ${slots}\n`);
}

export async function deletePool(
  { terminal }: Session,
  places: Places,
  name: string,
): Promise<void> {
  await withConnection(places, ({ api }) => api.delete(path`/pools/${name}`), "change");
  terminal.out(`Pool ${name} deleted\n`);
}

/** Airflow's form: by name, the rest of each. */
const FILE = z.record(
  z.string(),
  z.object({
    slots: z.int().min(-1),
    description: z.string().default(""),
    include_deferred: z.boolean().default(false),
  }),
);

export async function importPools(
  { terminal }: Session,
  places: Places,
  file: string,
): Promise<void> {
  const pools = await readPools(file);
  const work = async ({ api }: { readonly api: Api }) => {
    for (const pool of pools) await putPool(api, pool);
  };
  await withConnection(places, work, "change");
  terminal.out(`Imported ${countOf(pools.length, "pool")}\n`);
}

async function readPools(file: string): Promise<readonly PoolSetting[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    throw new Failure(`${file} can't be read as JSON: ${why}`);
  }
  const read = FILE.safeParse(content);
  if (read.success) return Object.entries(read.data).map(([name, pool]) => ({ name, ...pool }));
  const [issue] = read.error.issues;
  throw new Failure(`${file} is no file of pools: ${issue?.path.join(".")}: ${issue?.message}`, {
    hint: 'It has the form {"name": {"slots": 3, "description": "…", "include_deferred": false}}',
  });
}

export async function exportPools(
  { terminal }: Session,
  places: Places,
  file: string,
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const pools = await everyPool(api);
    const entries = pools.map(({ name, slots, description, include_deferred }) => [
      name,
      { slots, description: description ?? "", include_deferred },
    ]);
    await writeFile(file, `${JSON.stringify(Object.fromEntries(entries), null, 4)}\n`);
    terminal.out(`Exported ${countOf(pools.length, "pool")} to ${file}\n`);
  });
}

/** Makes the pool, or changes the one of its name; the default pool keeps its description. */
async function putPool(
  api: Api,
  { name, slots, description, include_deferred }: PoolSetting,
): Promise<void> {
  try {
    await api.post("/pools", { name, slots, description, include_deferred });
  } catch (problem) {
    if (!(problem instanceof ApiError) || problem.status !== 409) throw problem;
    const others = name === "default_pool" ? {} : { description };
    await api.patch(path`/pools/${name}`, { slots, include_deferred, ...others });
  }
}

const PAGE = 1_000;

async function everyPool(api: Api): Promise<readonly PoolAnswer[]> {
  const found: PoolAnswer[] = [];
  for (;;) {
    const query = { limit: PAGE, offset: found.length };
    const { pools, total_entries: total } = await api.get<{
      readonly pools: readonly PoolAnswer[];
      readonly total_entries: number;
    }>("/pools", query);
    found.push(...pools);
    if (pools.length === 0 || found.length >= total) return found;
  }
}
