// Generates what the API knows of its document: Airflow's own with our additions, and the tables of
// docs/rest-api.md. `npm run
// generate:api` after a change of either; a test compares the result with what is there.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiContext } from "../src/api/context.ts";
import { forTypes, mergeDocument, writeDocument, writeOperations } from "./api/merge-document.ts";

/** openapi-typescript needs the JavaScript API of the compiler, which TypeScript 7 doesn't have. */
const TOOL = ["--package=openapi-typescript@7.13.0", "--package=typescript@5.9.3"];

const folder = join(import.meta.dirname, "../src/api/document");
const target = join(folder, "generated");
const airflow = JSON.parse(readFileSync(join(folder, "airflow-3.3.2.json"), "utf8"));
const document = mergeDocument(airflow);
writeFileSync(join(target, "document.ts"), writeDocument(document));
writeFileSync(join(target, "operations.ts"), writeOperations(document));
const temporary = mkdtempSync(join(tmpdir(), "stepwind-api-"));
try {
  const input = join(temporary, "document.json");
  writeFileSync(input, JSON.stringify(forTypes(document)));
  const output = join(target, "types.ts");
  execFileSync("npx", ["--yes", ...TOOL, "openapi-typescript", input, "-o", output, "--immutable"]);
} finally {
  rmSync(temporary, { recursive: true });
}
// What is imported from now on has the operations that were written.
const { withRestTables, writeRestTables } = await import("./api/rest-tables.ts");
const page = join(import.meta.dirname, "../docs/rest-api.md");
const tables = await writeRestTables(airflow, anyContext());
writeFileSync(page, withRestTables(readFileSync(page, "utf8"), tables));

/** Operations are only looked at: whatever they take out of it is the same again. */
function anyContext(): ApiContext {
  const anything: ApiContext = new Proxy({} as ApiContext, { get: () => anything });
  return anything;
}
