// What happens to DAG files in the bucket, from upload to removal.
import { beforeAll, expect, test } from "vitest";
import { type Cloud, openCloud, until } from "./cloud.ts";

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

const oneTask = (dagId: string, body: string) => `import { Dag } from "stepwind";
export const dag = new Dag("${dagId}", { schedule: null });
dag.task("only", async () => ${body})();
`;

test("a changed helper gives the DAGs that import it a new version, and others none", async () => {
  await cloud.upload("helped/words.ts", 'export const word = "one";\n');
  const helped = (dagId: string) => `import { word } from "./words.ts";\n${oneTask(dagId, "word")}`;
  await cloud.upload("helped/first.ts", helped("helped_first"));
  await cloud.upload("helped/second.ts", helped("helped_second"));
  await cloud.upload("helped/other.ts", oneTask("helped_other", "1"));
  const before = await Promise.all([
    cloud.dagWhen("helped_first"),
    cloud.dagWhen("helped_second"),
    cloud.dagWhen("helped_other"),
  ]);
  await cloud.upload("helped/words.ts", 'export const word = "two";\n');
  for (const { dagId, versionHash } of before.slice(0, 2)) {
    await cloud.dagWhen(dagId, (dag) => dag.versionHash !== versionHash);
  }
  const other = await cloud.metadata.dags.get("helped_other");
  expect(other?.versionHash).toBe(before[2]?.versionHash);
  const { run } = await cloud.run("helped_second");
  const key = { dagId: "helped_second", runId: run.runId, taskId: "only", mapIndex: -1 };
  expect((await cloud.metadata.xcoms.get(key, "return_value"))?.value).toBe('"two"');
});

test("files that are uploaded in the wrong order heal", async () => {
  await cloud.upload("late/dag.ts", `import { n } from "./number.ts";\n${oneTask("late", "n")}`);
  const broken = await cloud.fileWhen("late/dag.ts", ({ diagnostics }) => diagnostics.length > 0);
  expect(broken.diagnostics).toMatchObject([{ code: "import-not-found", line: 1 }]);
  await cloud.upload("late/number.ts", "export const n = 42;\n");
  await cloud.dagWhen("late");
  const healed = await cloud.fileWhen("late/dag.ts", ({ dagIds }) => dagIds.length > 0);
  expect(healed.diagnostics).toEqual([]);
  expect((await cloud.run("late")).state).toBe("success");
});

test("a broken file shows its mistake with its line, and the last good version still runs", async () => {
  const good = oneTask("breaking", "1");
  await cloud.upload("breaking.ts", good);
  const before = await cloud.dagWhen("breaking");
  await cloud.upload("breaking.ts", `${good}const = 3;\n`);
  const broken = await cloud.fileWhen(
    "breaking.ts",
    ({ diagnostics, dagIds }) => diagnostics.length > 0 && dagIds.length > 0,
  );
  expect(broken).toMatchObject({
    dagIds: ["breaking"],
    diagnostics: [{ code: "syntax-error", severity: "error", file: "breaking.ts", line: 4 }],
  });
  expect(await cloud.metadata.dags.get("breaking")).toEqual(before);
  expect((await cloud.run("breaking")).state).toBe("success");
  // A mistake that only shows when the file is run.
  await cloud.upload("breaking.ts", `${good}throw new Error("at import");\n`);
  const thrown = await cloud.fileWhen("breaking.ts", ({ diagnostics }) =>
    diagnostics.some(({ code }) => code === "import-failed"),
  );
  expect(thrown.diagnostics).toMatchObject([{ file: "breaking.ts", line: 4 }]);
  expect((await cloud.run("breaking")).state).toBe("success");
});

test("a DAG whose file is removed is retired and keeps its history", async () => {
  await cloud.upload("leaving.ts", oneTask("leaving", "1"));
  await cloud.dagWhen("leaving");
  const { run } = await cloud.run("leaving");
  await cloud.remove("leaving.ts");
  await until(
    "retirement",
    () => cloud.metadata.dags.get("leaving"),
    ({ isStale }) => isStale,
  );
  expect(await cloud.metadata.files.get("leaving.ts")).toBeUndefined();
  expect(await cloud.metadata.runs.get("leaving", run.runId)).toMatchObject({ state: "success" });
});
