// Generates what the API knows of its document: Airflow's own with our additions. `npm run
// generate:api` after a change of either; a test compares the result with what is there.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forTypes, mergeDocument, writeDocument, writeOperations } from "./api/merge-document.ts";

/** openapi-typescript needs the JavaScript API of the compiler, which TypeScript 7 doesn't have. */
const TOOL = ["--package=openapi-typescript@7.13.0", "--package=typescript@5.9.3"];

const folder = join(import.meta.dirname, "../src/api/document");
const target = join(folder, "generated");
const document = mergeDocument(
  JSON.parse(readFileSync(join(folder, "airflow-3.3.2.json"), "utf8")),
);
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
