// Path traversal: no id in a path, no reference and no token leads to a file outside of the folders
// of logs, XComs and DAG files.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createApiServer } from "../../../src/api/api-server.ts";
import { OPERATIONS } from "../../../src/api/document/generated/operations.ts";
import { FILES } from "../../../src/api/operation-files.ts";
import { createFileTaskLogs } from "../../../src/local/file-task-logs.ts";
import { createFileXComs } from "../../../src/local/file-xcoms.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { createApiProduct, FAILED_RUN } from "../api-product.ts";

const SECRET = "root:x:0:0";
const LINE = `${JSON.stringify({ timestamp: "", event: SECRET, level: "info", logger: "x" })}\n`;

/** The product with logs and XComs in a folder beside which there are secrets. */
async function besideSecrets() {
  const product = await createApiProduct();
  const folder = temporaryFolder();
  const inside = join(folder, "home", "logs");
  for (const path of [
    "attempt=1.log",
    "passwd",
    "home/attempt=1.log",
    "home/passwd",
    "home/task_id=load/attempt=1.log",
    "home/run_id=x/task_id=load/attempt=1.log",
  ]) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, LINE);
  }
  mkdirSync(inside, { recursive: true });
  const platform = {
    ...product.platform,
    logs: createFileTaskLogs(inside),
    xcoms: createFileXComs(inside),
  };
  const app = createApiServer(platform, product.services, { dagsFolder: inside });
  return { ...product, platform, app, folder };
}

const HOSTILE = [
  "..",
  ".",
  "../../passwd",
  "..\\..\\passwd",
  "....//....//passwd",
  "%2e%2e%2f%2e%2e%2fpasswd",
  "/etc/passwd",
  "C:\\Windows\\win.ini",
  "file:///etc/passwd",
  "x\0.log",
  "~/passwd",
  "\u2025/passwd",
  "＼..／passwd",
  "x".repeat(3_000),
];

test("no value in any path is answered with a fault or with what is in a file", async () => {
  const { app } = await besideSecrets();
  for (const id of FILES.flatMap(({ ids }) => ids)) {
    const { method, path } = OPERATIONS[id];
    for (const name of path.match(/(?<=\{)\w+(?=\})/g) ?? []) {
      for (const value of HOSTILE) {
        const asked = path.replaceAll(/\{(\w+)\}/g, (_, each) =>
          each === name ? encodeURIComponent(value) : each === "dag_id" ? "etl" : "1",
        );
        const answer = await app.request(asked, {
          method: method.toUpperCase(),
          ...(method === "get" ? {} : { body: "{}" }),
        });
        const text = await answer.text();
        expect(answer.status, `${id} ${name}=${value}: ${text}`).toBeLessThan(500);
        expect(text, `${id} ${name}=${value}`).not.toContain(SECRET);
      }
    }
  }
}, 120_000);

describe("what is stored under hostile ids", () => {
  test.each(["../..", "..", "../../home", "/", "a/../../..", "\\..\\..", "x\0y"])(
    "logs and XComs of the run %j stay in their folders",
    async (runId) => {
      const { metadata, platform, app, folder } = await besideSecrets();
      const before = list(folder);
      const run = await metadata.runs.get("etl", FAILED_RUN);
      if (!run) throw new Error("The run is missing");
      const logicalDate = "2026-01-20T06:00:00.000Z";
      await metadata.runs.create({ ...run, runId, logicalDate, runAfter: logicalDate });
      const key = { dagId: "etl", runId, taskId: "load", mapIndex: -1 };
      const set = { state: "success", tryNumber: 1 } as const;
      await metadata.taskInstances.update({ key, from: [null], set });
      const place = `/api/v2/dags/etl/dagRuns/${encodeURIComponent(runId)}/taskInstances/load`;
      expect(await (await app.request(`${place}/logs/1`)).text()).not.toContain(SECRET);
      const entry = { timestamp: "", level: "info", logger: "task", event: "mine" } as const;
      await platform.logs.append({ ...key, tryNumber: 1 }, [entry]);
      const { entries } = await platform.logs.read({ ...key, tryNumber: 1 });
      expect(entries).toEqual([entry]);
      const ref = await platform.xcoms.put(key, "../../key", '"mine"');
      expect(await platform.xcoms.get(ref)).toBe('"mine"');
      expect(list(folder)).toEqual(before);
    },
  );

  test.each(["../passwd", "a/b/../../../passwd.json", "a/../b.json", "/etc/passwd", "a/b/.c.json"])(
    "the reference %j of an XCom is refused",
    async (ref) => {
      const { platform } = await besideSecrets();
      await expect(platform.xcoms.get(ref)).rejects.toThrow("refers to no XCom");
    },
  );
});

test("tokens of files, logs and pages that this API has not given out are refused", async () => {
  const { app } = await besideSecrets();
  const wrap = (text: string) => Buffer.from(text).toString("base64url");
  for (const file of ["../passwd", "/etc/passwd", "..\\passwd", "etl.ts\0.log", ""]) {
    const path = `/api/v2/parseDagFile/${wrap(file)}`;
    expect((await app.request(path, { method: "PUT" })).status, file).toBe(404);
  }
  const log = `/api/v2/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}/taskInstances/load/logs/2`;
  for (const next of ["../../passwd", "-1", "1e9", "9".repeat(40), "", "x"]) {
    const token = wrap(JSON.stringify({ next }));
    expect((await app.request(`${log}?token=${token}`)).status, next).toBe(422);
  }
  for (const next of ["x", wrap("[]"), wrap('["a"]'), wrap("{}"), wrap("[1,2,3]"), "'; --"]) {
    const token = wrap(JSON.stringify({ next }));
    const answer = await app.request(`/api/v2/dags/~/dagRuns?cursor=${token}`);
    expect(answer.status, next).toBe(422);
  }
});

/** Files outside of the folder of logs. */
function list(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.startsWith(join("home", "logs")))
    .toSorted();
}
