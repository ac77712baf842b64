// A project for the tools: DAGs that fail, wait, write much, and a file with a mistake.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../local/temporary-folder.ts";

const FILES: Readonly<Record<string, string>> = {
  "orders.ts": `import { Dag, getContext, param } from "stepwind";
export const dag = new Dag("orders", { schedule: null, tags: ["shop"],
  params: { day: param("monday", { type: "string" }) } });
const load = dag.task("load", async () => {
  console.log("loading", getContext().params["day"]);
  if (getContext().params["day"] === "sunday") throw new TypeError("closed on sundays");
}, { retries: 1, retryDelay: 0 })();
const report = dag.task("report", async () => {})();
load.before(report);
`,
  "chatty.ts": `import { Dag } from "stepwind";
export const dag = new Dag("chatty", { schedule: null });
dag.task("talk", async () => {
  for (let n = 1; n <= 3000; n += 1) console.log("line", n, "x".repeat(40));
  console.error("something is odd");
})();
`,
  "daily.ts": `import { Dag } from "stepwind";
export const dag = new Dag("daily", {
  schedule: "0 6 * * *", startDate: "2026-01-01", catchup: false, isPausedUponCreation: true });
dag.task("load", async () => 1)();
`,
  "broken.ts": `import { Dag } from "stepwind";\nexport const dag = new Dag("broken";\n`,
};

/** Its folder: dags/ is in it, and .stepwind will be. */
export function createProject(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  for (const [name, text] of Object.entries(FILES)) {
    writeFileSync(join(folder, "dags", name), text);
  }
  return folder;
}

export function placesOf(folder: string) {
  return { home: join(folder, ".stepwind"), dagsFolder: join(folder, "dags") };
}
