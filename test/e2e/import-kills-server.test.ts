// A DAG file that kills its process at import ends the server once. From then on it is imported in
// a process of its own, and is an import error; the other files go on.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ServerProcess, startServer } from "./server-process.ts";

const GOOD = `import { Dag } from "stepwind";
export const dag = new Dag("good");
dag.task("t", async () => 1)();
`;

let folder: string;
let server: ServerProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stepwind-import-"));
});
afterEach(async () => {
  await server?.kill("SIGKILL");
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

test("a DAG file that kills its process at import ends the server once", {
  timeout: 120_000,
}, async () => {
  const places = { home: join(folder, "home"), dagsFolder: join(folder, "dags") };
  await mkdir(places.dagsFolder);
  const killer = join(places.dagsFolder, "killer.ts");
  await writeFile(join(places.dagsFolder, "good.ts"), GOOD);
  await writeFile(killer, `${GOOD.replace("good", "killer")}process.kill(process.pid, "SIGKILL");`);

  await startServer(places).then(
    (started) => started.gone,
    () => {},
  );

  for (const _ of [1, 2]) {
    server = await startServer(places);
    const { request } = server;
    const found = await until(
      () => request("/importErrors"),
      ({ total_entries }) => total_entries > 0,
    );
    expect(found.import_errors).toHaveLength(1);
    expect(found.import_errors[0]).toMatchObject({ filename: "killer.ts" });
    expect(found.import_errors[0].stack_trace).toContain("was ended by SIGKILL");
    await until(
      () => request("/dags"),
      ({ dags }) => dags.length === 1,
    );
    await server.kill("SIGTERM");
  }

  await writeFile(killer, GOOD.replace("good", "killer"));
  server = await startServer(places);
  const { request } = server;
  await until(
    () => request("/dags"),
    ({ dags }) => dags.length === 2,
  );
  await until(
    () => request("/importErrors"),
    ({ total_entries }) => total_entries === 0,
  );
});

type Answer = ReturnType<typeof JSON.parse>;

/** The first answer that is as it is to be; files are read while the server already answers. */
async function until(ask: () => Promise<Answer>, isRight: (answer: Answer) => boolean) {
  for (;;) {
    const answer: Answer = await ask();
    if (isRight(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
