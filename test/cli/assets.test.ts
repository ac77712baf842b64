// stepwind assets, with Airflow's words, on a home folder that no server has open.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { stepwind } from "./captured-terminal.ts";

const FILE = `
import { Asset, AssetAlias, Dag } from "stepwind";
const orders = new Asset({ name: "orders", uri: "s3://b/orders" });
export const load = new Dag("load");
load.task("load", async () => {}, { outlets: [orders, new AssetAlias("exports")] })();
export const report = new Dag("report", { schedule: [orders] });
report.task("send", async () => {})();
`;

test("assets are listed, shown and made anew", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  writeFileSync(join(folder, "dags", "orders.ts"), FILE);
  const run = await stepwind(folder, "dags", "test", "load");
  expect(run.code, run.err).toBe(0);
  const none = await stepwind(folder, "assets", "details");
  expect(none).toMatchObject({ code: 1 });
  expect(none.err).toContain("--name");
  const unknown = await stepwind(folder, "assets", "details", "--name", "nothing");
  expect(unknown.err).toContain('There is no active asset with name "nothing"');
});
