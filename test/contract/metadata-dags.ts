// What the metadata port promises about DAGs, versions and DAG files.
import { describe, expect, test } from "vitest";
import type { Metadata } from "../../src/ports/metadata.ts";
import { readAll } from "./pages.ts";
import {
  dagDocument,
  dagRecord,
  dagRun,
  dagVersion,
  TRICKY_TEXT,
  taskKey,
  xcom,
} from "./records.ts";

/** Part of metadataContract. */
export function dagStoreContract(create: () => Promise<Metadata>): void {
  describe("DAGs", () => {
    test("a DAG is read back as it was written, and is undefined before", async () => {
      const metadata = await create();
      expect(await metadata.getDag("etl")).toBeUndefined();
      expect(await metadata.putDag(dagRecord())).toBe(true);
      expect(await metadata.getDag("etl")).toEqual(dagRecord());
    });

    test("a DAG is written only over the revision before", async () => {
      const metadata = await create();
      expect(await metadata.putDag(dagRecord({ revision: 2 }))).toBe(false);
      expect(await metadata.getDag("etl")).toBeUndefined();
      expect(await metadata.putDag(dagRecord({ revision: 1 }))).toBe(true);
      expect(await metadata.putDag(dagRecord({ revision: 1, isPaused: true }))).toBe(false);
      expect(await metadata.putDag(dagRecord({ revision: 2, isPaused: true }))).toBe(true);
      expect(await metadata.putDag(dagRecord({ revision: 2, isPaused: false }))).toBe(false);
      expect(await metadata.getDag("etl")).toEqual(dagRecord({ revision: 2, isPaused: true }));
    });

    test("of writers that expect the same revision, one wins", async () => {
      const metadata = await create();
      const files = ["a.ts", "b.ts", "c.ts", "d.ts"];
      const won = await Promise.all(files.map((file) => metadata.putDag(dagRecord({ file }))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await metadata.getDag("etl"))?.file).toBe(files[won.indexOf(true)]);
    });

    test("DAGs are listed by id, and a listing misses and doubles none while others are added", async () => {
      const metadata = await create();
      const dagIds = Array.from({ length: 11 }, (_, i) => `dag_${String(i).padStart(2, "0")}`);
      for (const dagId of dagIds.toReversed()) await metadata.putDag(dagRecord({ dagId }));
      let added = 0;
      const listed = await readAll((page) => metadata.listDags(page), {
        limit: 3,
        between: () => metadata.putDag(dagRecord({ dagId: `dag_00_${added++}` })),
      });
      expect(listed.map(({ dagId }) => dagId)).toEqual(dagIds);
    });

    test("the last page has no next, also when it is full", async () => {
      const metadata = await create();
      expect(await metadata.listDags()).toEqual({ items: [] });
      for (const dagId of ["a", "b", "c", "d"]) await metadata.putDag(dagRecord({ dagId }));
      const first = await metadata.listDags({ limit: 2 });
      expect(first.next).toBeDefined();
      const last = await metadata.listDags({ limit: 2, after: first.next ?? "" });
      expect(last.items.map(({ dagId }) => dagId)).toEqual(["c", "d"]);
      expect(last).not.toHaveProperty("next");
    });

    test("a page is never without limit, and a text that no page gave out is refused", async () => {
      const metadata = await create();
      for (let i = 0; i < 101; i++) await metadata.putDag(dagRecord({ dagId: `dag_${i}` }));
      expect((await metadata.listDags()).items).toHaveLength(100);
      await expect(metadata.listDags({ limit: 0 })).rejects.toThrow("limit is 0");
      await expect(metadata.listDags({ after: "nonsense" })).rejects.toThrow('"nonsense"');
    });

    test("ids and texts of any characters are kept as they are", async () => {
      const metadata = await create();
      const dag = dagRecord({ dagId: TRICKY_TEXT, file: `${TRICKY_TEXT}.ts` });
      await metadata.putDag(dag);
      expect(await metadata.getDag(TRICKY_TEXT)).toEqual(dag);
      expect((await metadata.listDags()).items).toEqual([dag]);
    });
  });

  describe("versions", () => {
    test("a version is stored once: writing it again changes nothing and answers false", async () => {
      const metadata = await create();
      expect(await metadata.createDagVersion(dagVersion())).toBe(true);
      expect(await metadata.createDagVersion(dagVersion({ number: 7 }))).toBe(false);
      expect(await metadata.getDagVersion("etl", "hash-1")).toEqual(dagVersion());
      expect(await metadata.getDagVersion("etl", "hash-2")).toBeUndefined();
      expect(await metadata.getDagVersion("other", "hash-1")).toBeUndefined();
    });

    test("versions are listed newest first, of their DAG only", async () => {
      const metadata = await create();
      for (const number of [2, 10, 1]) {
        await metadata.createDagVersion(dagVersion({ number, hash: `hash-${number}` }));
      }
      await metadata.createDagVersion(dagVersion({ dagId: "other" }));
      const numbers = (await metadata.listDagVersions("etl")).map(({ number }) => number);
      expect(numbers).toEqual([10, 2, 1]);
    });

    test("a document of 1 MB is kept as it is", async () => {
      const metadata = await create();
      const document = dagDocument({ docMd: `${TRICKY_TEXT}${"x".repeat(1_000_000)}` });
      await metadata.createDagVersion(dagVersion({ document }));
      expect((await metadata.getDagVersion("etl", "hash-1"))?.document).toEqual(document);
      expect((await metadata.listDagVersions("etl")).at(0)?.document).toEqual(document);
    });
  });

  describe("DAG files", () => {
    const record = (file: string, dagIds: readonly string[]) =>
      ({ file, imports: ["utils/x.ts"], dagIds, diagnostics: [], processedAt: "" }) as const;

    test("a DAG file is replaced, listed by path and removed", async () => {
      const metadata = await create();
      await metadata.putDagFile(record("b.ts", ["b"]));
      await metadata.putDagFile(record("a/ü.ts", ["a"]));
      await metadata.putDagFile(record("b.ts", ["b", "c"]));
      expect(await metadata.getDagFile("b.ts")).toEqual(record("b.ts", ["b", "c"]));
      expect(await metadata.listDagFiles()).toEqual([
        record("a/ü.ts", ["a"]),
        record("b.ts", ["b", "c"]),
      ]);
      await metadata.deleteDagFile("b.ts");
      await metadata.deleteDagFile("b.ts");
      expect(await metadata.getDagFile("b.ts")).toBeUndefined();
      expect(await metadata.listDagFiles()).toHaveLength(1);
    });
  });

  test("deleting a DAG removes all that belongs to it, and nothing of others", async () => {
    const metadata = await create();
    for (const dagId of ["etl", "etl2"]) {
      const key = taskKey({ dagId });
      await metadata.putDag(dagRecord({ dagId }));
      await metadata.createDagVersion(dagVersion({ dagId }));
      await metadata.createRun(dagRun({ dagId }));
      await metadata.updateTaskInstance({ key, from: [null], set: { state: "success" } });
      await metadata.putXCom(xcom({ dagId }));
      await metadata.putGate({ ...key, token: "token" });
      await metadata.putTaskState(key, "offset", "7");
    }
    await metadata.deleteDag("etl");
    await metadata.deleteDag("etl");

    const remains = async (dagId: string) => {
      const run = { dagId, runId: "manual__1" };
      const key = taskKey({ dagId });
      return [
        (await metadata.getDag(dagId)) !== undefined,
        (await metadata.listDagVersions(dagId)).length > 0,
        (await metadata.getRun(dagId, run.runId)) !== undefined,
        (await metadata.listRuns({ dagId })).items.length > 0,
        (await metadata.listActiveRuns(dagId)).length > 0,
        (await metadata.listTaskInstances(run)).length > 0,
        await metadata.hasTaskInstance(dagId, "load"),
        (await metadata.listGates(run)).length > 0,
        (await metadata.listXComs(key)).length > 0,
        (await metadata.getTaskState(key, "offset")) !== undefined,
      ];
    };
    expect(new Set(await remains("etl"))).toEqual(new Set([false]));
    expect(new Set(await remains("etl2"))).toEqual(new Set([true]));
    expect(await metadata.createRun(dagRun())).toBe("created");
  });
}
