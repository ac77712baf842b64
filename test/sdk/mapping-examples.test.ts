// Examples in the docstrings of mapping, as written there.
import { expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import { Dag } from "../../src/sdk/index.ts";

test("mapped groups", async () => {
  const dag = new Dag("d");
  const listFiles = dag.task("list_files", async () => ["a.csv", "b.csv"]);
  const parse = async ({ file }: { file: string }) => [file];
  const load = async ({ rows }: { rows: readonly string[] }) => rows.length;
  const perFile = dag.taskGroup("per_file").expand({ file: listFiles() });
  const parsed = perFile.task("parse", parse)({ file: perFile.input("file") });
  perFile.task("load", load)({ rows: parsed });
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  expect(document.groups).toMatchObject([
    { groupId: "per_file", mapped: { over: { file: { taskId: "list_files" } } } },
  ]);
  expect(document.tasks).toMatchObject([
    { taskId: "list_files" },
    { taskId: "per_file.parse", upstream: ["list_files"], readsItems: ["list_files"] },
    { taskId: "per_file.load", upstream: ["per_file.parse"], reads: ["per_file.parse"] },
  ]);
});

test("the input of a mapped group", async () => {
  const dag = new Dag("d");
  const parse = async ({ file }: { file: string }) => [file];
  const perFile = dag.taskGroup("per_file").expandKwargs([{ file: "a.csv", bucket: "eu" }]);
  perFile.task("parse", parse)({ file: perFile.input("file") });
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  expect(document.groups).toMatchObject([{ mapped: { over: { "**kwargs": 1 } } }]);
});
