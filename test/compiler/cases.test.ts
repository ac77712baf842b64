// Cases as files: each `<name>.dag.ts` beside the States Language that it compiles to.
// UPDATE_CASES=1 writes the latter.
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import type { DagDocument } from "../../src/model/document.ts";

const FOLDER = join(import.meta.dirname, "cases");
const OPTIONS = {
  functions: { worker: "worker", recorder: "recorder", triggerQueueUrl: "triggers" },
};

for (const file of globSync("*.dag.ts", { cwd: FOLDER }).sort()) {
  const name = basename(file, ".dag.ts");
  test(`the case "${name}" compiles to the States Language beside it`, async () => {
    const { document }: { document: DagDocument } = await import(`./cases/${name}.dag.ts`);
    const { definition, diagnostics } = compile(document, OPTIONS);
    const path = join(FOLDER, `${name}.asl.json`);
    if (process.env.UPDATE_CASES) writeFileSync(path, `${JSON.stringify(definition, null, 2)}\n`);
    expect(diagnostics).toEqual([]);
    expect(definition).toEqual(JSON.parse(readFileSync(path, "utf8")));
  });
}

test("every expected file has its case", () => {
  for (const file of globSync("*.asl.json", { cwd: FOLDER })) {
    expect(existsSync(join(FOLDER, file.replace(".asl.json", ".dag.ts"))), file).toBe(true);
  }
});
