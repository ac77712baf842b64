import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fileSensor } from "../../src/operators/index.ts";
import { Dag } from "../../src/sdk/index.ts";
import { createMemoryServices, runTask } from "../runtime/running.ts";

const folder = mkdtempSync(join(tmpdir(), "stepwind-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "in", "eu", "deep"), { recursive: true });
mkdirSync(join(folder, "empty", "inner"), { recursive: true });
mkdirSync(join(folder, ".hidden"));
writeFileSync(join(folder, "in", "2026-01-31.csv"), "1");
writeFileSync(join(folder, "in", "a[1].csv"), "1");
writeFileSync(join(folder, "in", ".secret.txt"), "1");
writeFileSync(join(folder, "in", "eu", "deep", "x.json"), "1");
writeFileSync(join(folder, ".hidden", "only.txt"), "1");

async function poke(options: Parameters<typeof fileSensor>[0], extra?: Record<string, unknown>) {
  const dag = new Dag("d");
  dag.task("own", fileSensor(options))();
  const services = createMemoryServices();
  if (extra) {
    const connId = options.fsConnId ?? "fs_default";
    services.connections.set(connId, { connId, connType: "fs", extra });
  }
  return runTask(dag, "own", { services });
}
const finds = async (filepath: string, recursive = false) =>
  (await poke({ filepath: join(folder, filepath), recursive })).outcome.kind === "success";

test("a file, a pattern, or a folder with a file somewhere in it is found", async () => {
  expect(await finds("in/{{ ds }}.csv")).toBe(true);
  expect(await finds("in/2026-02-01.csv")).toBe(false);
  expect(await finds("i?/2026-*.csv")).toBe(true);
  expect(await finds("in/[0-9]*.csv")).toBe(true);
  expect(await finds("in/[!0-9]*.csv")).toBe(true);
  expect(await finds("in/[!0-9a]*.csv")).toBe(false);
  expect(await finds("in/eu")).toBe(true);
  expect(await finds("empty")).toBe(false);
  expect(await finds("none/*")).toBe(false);
});

test("names that begin with a dot are found by patterns that do", async () => {
  expect(await finds("in/*.txt")).toBe(false);
  expect(await finds("in/.*.txt")).toBe(true);
  expect(await finds("*/only.txt")).toBe(false);
});

test("** stands for folders only where that is asked for", async () => {
  expect(await finds("**/x.json")).toBe(false);
  expect(await finds("**/x.json", true)).toBe(true);
  expect(await finds("in/eu/deep/**/x.json", true)).toBe(true);
  expect(await finds("**/only.txt", true)).toBe(false);
});

test("a relative path is one below the connection's", async () => {
  const filepath = "in/2026-01-31.csv";
  const found = await poke({ filepath, fsConnId: "landing" }, { path: folder });
  expect(found.outcome.kind).toBe("success");
  expect(found.lines).toContain(`info: Found File ${join(folder, filepath)}`);
  expect((await poke({ filepath: folder.slice(1) })).outcome.kind).toBe("success");
  const unset = await poke({ filepath, fsConnId: "landing" });
  expect(unset.outcome).toMatchObject({
    kind: "failed",
    error: { message: 'Connection "landing" is not set; fileSensor takes the path in its extra' },
  });
});
