// stepwind pools, with Airflow's words, on a home folder that no server has open.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { stepwind } from "./captured-terminal.ts";

function createProject(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  return folder;
}

test("pools are set, shown, changed and deleted", async () => {
  const folder = createProject();
  const set = await stepwind(folder, "pools", "set", "db", "3", "the database");
  expect(set).toMatchObject({ code: 0, out: "Pool db has 3 slots\n" });
  await stepwind(folder, "pools", "set", "db", "5", "ours", "--include-deferred");
  const get = await stepwind(folder, "pools", "get", "db", "-o", "json");
  expect(JSON.parse(get.out)).toMatchObject([
    { name: "db", slots: 5, description: "ours", include_deferred: true, open_slots: 5 },
  ]);
  const list = await stepwind(folder, "pools", "list", "-o", "plain");
  expect(list.out).toMatch(/^db +5 +ours +True +5 +0 +0 +0$/m);
  expect(list.out).toMatch(/^default_pool +-1 /m);
  expect((await stepwind(folder, "pools", "delete", "db")).out).toBe("Pool db deleted\n");
  const gone = await stepwind(folder, "pools", "get", "db");
  expect(gone).toMatchObject({ code: 1 });
  expect(gone.err).toContain("The Pool with name: `db` was not found");
});

test("pools are exported in Airflow's form, and imported", async () => {
  const folder = createProject();
  const file = join(folder, "pools.json");
  writeFileSync(
    file,
    JSON.stringify({ db: { slots: 3, description: "x" }, default_pool: { slots: 9 } }),
  );
  expect((await stepwind(folder, "pools", "import", file)).out).toBe("Imported 2 pools\n");
  const copy = join(folder, "copy.json");
  await stepwind(folder, "pools", "export", copy);
  expect(JSON.parse(readFileSync(copy, "utf8"))).toEqual({
    db: { slots: 3, description: "x", include_deferred: false },
    default_pool: { slots: 9, description: "Default pool", include_deferred: false },
  });
});

test("wrong input is refused by name", async () => {
  const folder = createProject();
  const few = await stepwind(folder, "pools", "set", "db", "-2", "x");
  expect(few.code).toBe(2);
  const file = join(folder, "pools.json");
  writeFileSync(file, JSON.stringify({ db: { slots: "many" } }));
  const wrong = await stepwind(folder, "pools", "import", file);
  expect(wrong).toMatchObject({ code: 1 });
  expect(wrong.err).toContain("db.slots");
  const unlimited = await stepwind(folder, "pools", "set", "db", "-1", "x");
  expect(unlimited.out).toBe("Pool db has any number of slots\n");
  const kept = await stepwind(folder, "pools", "delete", "default_pool");
  expect(kept.err).toContain("Default Pool can't be deleted");
});
