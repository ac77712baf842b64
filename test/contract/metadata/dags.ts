// What the metadata port promises about DAGs, versions and DAG files.
import { describe, expect, test } from "vitest";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { readAll } from "../pages.ts";
import {
  dagDocument,
  dagRecord,
  dagRun,
  dagVersion,
  TRICKY_TEXT,
  taskKey,
  xcom,
} from "../records.ts";

/** Part of metadataContract. */
export function dagStoreContract(create: () => Promise<Metadata>): void {
  describe("DAGs", () => {
    test("a DAG is read back as it was written, and is undefined before", async () => {
      const metadata = await create();
      expect(await metadata.dags.get("etl")).toBeUndefined();
      expect(await metadata.dags.put(dagRecord())).toBe(true);
      expect(await metadata.dags.get("etl")).toEqual(dagRecord());
    });

    test("a DAG is written only over the revision before", async () => {
      const metadata = await create();
      expect(await metadata.dags.put(dagRecord({ revision: 2 }))).toBe(false);
      expect(await metadata.dags.get("etl")).toBeUndefined();
      expect(await metadata.dags.put(dagRecord({ revision: 1 }))).toBe(true);
      expect(await metadata.dags.put(dagRecord({ revision: 1, isPaused: true }))).toBe(false);
      expect(await metadata.dags.put(dagRecord({ revision: 2, isPaused: true }))).toBe(true);
      expect(await metadata.dags.put(dagRecord({ revision: 2, isPaused: false }))).toBe(false);
      expect(await metadata.dags.get("etl")).toEqual(dagRecord({ revision: 2, isPaused: true }));
    });

    test("of writers that expect the same revision, one wins", async () => {
      const metadata = await create();
      const files = ["a.ts", "b.ts", "c.ts", "d.ts"];
      const won = await Promise.all(files.map((file) => metadata.dags.put(dagRecord({ file }))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await metadata.dags.get("etl"))?.file).toBe(files[won.indexOf(true)]);
    });

    test("DAGs are listed by id, and a listing misses and doubles none while others are added", async () => {
      const metadata = await create();
      const dagIds = Array.from({ length: 11 }, (_, i) => `dag_${String(i).padStart(2, "0")}`);
      for (const dagId of dagIds.toReversed()) await metadata.dags.put(dagRecord({ dagId }));
      let added = 0;
      const listed = await readAll((page) => metadata.dags.list(page), {
        limit: 3,
        between: () => metadata.dags.put(dagRecord({ dagId: `dag_00_${added++}` })),
      });
      expect(listed.map(({ dagId }) => dagId)).toEqual(dagIds);
    });

    test("the last page has no next, also when it is full", async () => {
      const metadata = await create();
      expect(await metadata.dags.list()).toEqual({ items: [] });
      for (const dagId of ["a", "b", "c", "d"]) await metadata.dags.put(dagRecord({ dagId }));
      const first = await metadata.dags.list({ limit: 2 });
      expect(first.next).toBeDefined();
      const last = await metadata.dags.list({ limit: 2, after: first.next ?? "" });
      expect(last.items.map(({ dagId }) => dagId)).toEqual(["c", "d"]);
      expect(last).not.toHaveProperty("next");
    });

    test("a page is never without limit, and a text that no page gave out is refused", async () => {
      const metadata = await create();
      for (let i = 0; i < 101; i++) await metadata.dags.put(dagRecord({ dagId: `dag_${i}` }));
      expect((await metadata.dags.list()).items).toHaveLength(100);
      await expect(metadata.dags.list({ limit: 0 })).rejects.toThrow("limit is 0");
      await expect(metadata.dags.list({ after: "nonsense" })).rejects.toThrow('"nonsense"');
    });

    test("ids and texts of any characters are kept as they are", async () => {
      const metadata = await create();
      const dag = dagRecord({ dagId: TRICKY_TEXT, file: `${TRICKY_TEXT}.ts` });
      await metadata.dags.put(dag);
      expect(await metadata.dags.get(TRICKY_TEXT)).toEqual(dag);
      expect((await metadata.dags.list()).items).toEqual([dag]);
    });
  });

  test("the DAGs of a file are found by it, also those that have moved, and no others", async () => {
    const metadata = await create();
    const list = async (file: string) =>
      (await metadata.dags.listOfFile(file)).map(({ dagId }) => dagId);
    for (const dagId of ["b", "a"]) await metadata.dags.put(dagRecord({ dagId, file: "ab.ts" }));
    await metadata.dags.put(dagRecord({ dagId: "c", file: "c.ts" }));
    expect(await list("ab.ts")).toEqual(["a", "b"]);
    await metadata.dags.put(dagRecord({ dagId: "b", file: "c.ts", revision: 2 }));
    await metadata.dags.put(dagRecord({ dagId: "b", file: "c.ts", isPaused: true, revision: 3 }));
    expect(await list("ab.ts")).toEqual(["a"]);
    expect(await list("c.ts")).toEqual(["b", "c"]);
    expect(await metadata.dags.put(dagRecord({ dagId: "b", revision: 3 }))).toBe(false);
    await metadata.dags.delete("b");
    expect(await list("c.ts")).toEqual(["c"]);
    expect(await list("none.ts")).toEqual([]);
  });

  describe("versions", () => {
    test("a version is stored once: writing it again changes nothing and answers false", async () => {
      const metadata = await create();
      expect(await metadata.versions.create(dagVersion())).toBe(true);
      expect(await metadata.versions.create(dagVersion({ number: 7 }))).toBe(false);
      expect(await metadata.versions.get("etl", "hash-1")).toEqual(dagVersion());
      expect(await metadata.versions.get("etl", "hash-2")).toBeUndefined();
      expect(await metadata.versions.get("other", "hash-1")).toBeUndefined();
    });

    test("versions are listed newest first, of their DAG only", async () => {
      const metadata = await create();
      for (const number of [2, 10, 1]) {
        await metadata.versions.create(dagVersion({ number, hash: `hash-${number}` }));
      }
      await metadata.versions.create(dagVersion({ dagId: "other" }));
      const numbers = (await metadata.versions.list("etl")).map(({ number }) => number);
      expect(numbers).toEqual([10, 2, 1]);
    });

    test("a version is removed with all of its document, and no other is", async () => {
      const metadata = await create();
      const docMd = TRICKY_TEXT.repeat(20_000);
      await metadata.versions.create(dagVersion({ document: dagDocument({ docMd }) }));
      await metadata.versions.create(dagVersion({ hash: "hash-2", number: 2 }));
      await metadata.versions.delete("etl", "hash-1");
      await metadata.versions.delete("etl", "hash-1");
      expect(await metadata.versions.get("etl", "hash-1")).toBeUndefined();
      expect((await metadata.versions.list("etl")).map(({ hash }) => hash)).toEqual(["hash-2"]);
    });

    test("a document of 1 MB is kept as it is", async () => {
      const metadata = await create();
      const document = dagDocument({ docMd: `${TRICKY_TEXT}${"x".repeat(1_000_000)}` });
      await metadata.versions.create(dagVersion({ document }));
      expect((await metadata.versions.get("etl", "hash-1"))?.document).toEqual(document);
      expect((await metadata.versions.list("etl")).at(0)?.document).toEqual(document);
    });
  });

  describe("DAG files", () => {
    const record = (file: string, dagIds: readonly string[]) =>
      ({ file, imports: ["utils/x.ts"], dagIds, diagnostics: [], processedAt: "" }) as const;

    test("a DAG file is replaced, listed by path and removed", async () => {
      const metadata = await create();
      await metadata.files.put(record("b.ts", ["b"]));
      await metadata.files.put(record("a/ü.ts", ["a"]));
      await metadata.files.put(record("b.ts", ["b", "c"]));
      expect(await metadata.files.get("b.ts")).toEqual(record("b.ts", ["b", "c"]));
      expect(await metadata.files.list()).toEqual([
        record("a/ü.ts", ["a"]),
        record("b.ts", ["b", "c"]),
      ]);
      await metadata.files.delete("b.ts");
      await metadata.files.delete("b.ts");
      expect(await metadata.files.get("b.ts")).toBeUndefined();
      expect(await metadata.files.list()).toHaveLength(1);
    });

    test("several files are read at once, without those that aren't there", async () => {
      const metadata = await create();
      const files = Array.from({ length: 120 }, (_, index) => `${index}.ts`);
      for (const file of files) await metadata.files.put(record(file, []));
      const found = await metadata.files.getAll([...files.slice(5), "none.ts"]);
      expect(found.map(({ file }) => file).sort()).toEqual(files.slice(5).sort());
    });

    test("importers are found by the files and folders that they import", async () => {
      const metadata = await create();
      const put = (file: string, ...imports: readonly string[]) =>
        metadata.files.put({ ...record(file, []), imports });
      const importersOf = async (...paths: readonly string[]) =>
        (await metadata.files.listImporters(paths)).toSorted();
      await put("a.ts", "lib/x.ts", "lib/y.ts", "lib/x.ts");
      await put("b.ts", "lib/y.ts", "conf/sub/");
      await put("c.ts", "conf/");
      expect(await importersOf("lib/x.ts")).toEqual(["a.ts"]);
      expect(await importersOf("lib/y.ts", "none.ts")).toEqual(["a.ts", "b.ts"]);
      expect(await importersOf("conf/sub/deep/z.json")).toEqual(["b.ts", "c.ts"]);
      expect(await importersOf("conf/z.json", "conf")).toEqual(["c.ts"]);
      await put("a.ts", "lib/y.ts");
      await metadata.files.delete("b.ts");
      expect(await importersOf("lib/x.ts", "lib/y.ts", "conf/sub/z.json")).toEqual([
        "a.ts",
        "c.ts",
      ]);
      expect(await importersOf("lib/x.ts")).toEqual([]);
    });

    test("of writers of the same file, what leads to it is that of the last", async () => {
      const metadata = await create();
      const helpers = ["p.ts", "q.ts", "r.ts", "s.ts"];
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(
          helpers.map((helper, index) =>
            metadata.files.put({
              ...record("a.ts", []),
              imports: [helper, helpers[(index + 1) % 4] ?? ""],
            }),
          ),
        );
        for (const helper of (await metadata.files.get("a.ts"))?.imports ?? []) {
          expect(await metadata.files.listImporters([helper])).toEqual(["a.ts"]);
        }
      }
    });

    test("files with errors, and those that wait for a DAG id, are found by that", async () => {
      const metadata = await create();
      const mistake = (dagId: string, severity: "error" | "warning") =>
        ({ code: "dag-id-in-two-files", severity, dagId, message: "" }) as const;
      await metadata.files.put({ ...record("b.ts", []), diagnostics: [mistake("x", "error")] });
      await metadata.files.put({ ...record("a.ts", []), diagnostics: [mistake("y", "error")] });
      await metadata.files.put({ ...record("w.ts", []), diagnostics: [mistake("x", "warning")] });
      const claimants = async (...dagIds: readonly string[]) =>
        (await metadata.files.listClaimants(dagIds)).toSorted();
      expect(await claimants("x")).toEqual(["b.ts", "w.ts"]);
      expect(await claimants("y", "z")).toEqual(["a.ts"]);
      expect((await metadata.files.listBroken()).map(({ file }) => file)).toEqual(["a.ts", "b.ts"]);
      await metadata.files.put(record("b.ts", []));
      expect(await claimants("x")).toEqual(["w.ts"]);
      expect((await metadata.files.listBroken()).map(({ file }) => file)).toEqual(["a.ts"]);
    });
  });

  test("a DAG that is forgotten isn't found, and may begin again; what it has left stays", async () => {
    const metadata = await create();
    await metadata.dags.put(dagRecord());
    await metadata.runs.create(dagRun());
    await metadata.dags.forget("etl");
    await metadata.dags.forget("etl");
    expect(await metadata.dags.get("etl")).toBeUndefined();
    expect((await metadata.dags.list()).items).toEqual([]);
    expect(await metadata.dags.listOfFile("etl.ts")).toEqual([]);
    expect(await metadata.runs.count({ dagId: "etl" })).toBe(1);
    expect(await metadata.dags.put(dagRecord())).toBe(true);
  });

  test("deleting a DAG removes all that belongs to it, and nothing of others", async () => {
    const metadata = await create();
    for (const dagId of ["etl", "etl2"]) {
      const key = taskKey({ dagId });
      await metadata.dags.put(dagRecord({ dagId }));
      await metadata.versions.create(dagVersion({ dagId }));
      await metadata.runs.create(dagRun({ dagId }));
      await metadata.taskInstances.update({ key, from: [null], set: { state: "success" } });
      await metadata.xcoms.put(xcom({ dagId }));
      await metadata.gates.put({ ...key, token: "token" });
      await metadata.taskStates.put(key, "offset", "7");
    }
    await metadata.dags.delete("etl");
    await metadata.dags.delete("etl");

    const remains = async (dagId: string) => {
      const run = { dagId, runId: "manual__1" };
      const key = taskKey({ dagId });
      return [
        (await metadata.dags.get(dagId)) !== undefined,
        (await metadata.versions.list(dagId)).length > 0,
        (await metadata.runs.get(dagId, run.runId)) !== undefined,
        (await metadata.runs.list({ dagId })).items.length > 0,
        (await metadata.runs.listActive(dagId)).length > 0,
        (await metadata.taskInstances.list(run)).length > 0,
        await metadata.taskInstances.isKnown(dagId, "load"),
        (await metadata.gates.list(run)).length > 0,
        (await metadata.xcoms.list(key)).length > 0,
        (await metadata.taskStates.get(key, "offset")) !== undefined,
      ];
    };
    expect(new Set(await remains("etl"))).toEqual(new Set([false]));
    expect(new Set(await remains("etl2"))).toEqual(new Set([true]));
    expect(await metadata.runs.create(dagRun())).toBe("created");
  });
}
