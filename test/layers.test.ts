// Proves that biome.json enforces the dependency rule: plants imports in a copy of the folder
// layout and reads Biome's report.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

interface Layer {
  readonly folder: string;
  readonly legal: readonly string[];
  readonly illegal: readonly string[];
}

const OUTSIDE = ["../../functions/worker.ts", "../../infra/app.ts", "../../ui/main.tsx"];
const AWS = ["@aws-sdk/client-s3", "aws-cdk-lib", "aws-cdk-lib/aws-s3"];
const NEVER_IN_SRC = [...OUTSIDE, ...AWS, "stepwind", "stepwind/operators", "../../dags/hello.ts"];

const LAYERS: readonly Layer[] = [
  {
    folder: "src/model",
    legal: ["./json.ts", "../model/json.ts", "luxon"],
    illegal: [
      "../sdk/index.ts",
      "../ports/clock.ts",
      "node:fs",
      "node:fs/promises",
      ...NEVER_IN_SRC,
    ],
  },
  {
    folder: "src/model/timetables",
    legal: ["../json.ts"],
    illegal: ["../../compiler/index.ts", "node:crypto"],
  },
  {
    folder: "src/sdk",
    legal: ["../model/json.ts", "node:async_hooks"],
    illegal: [
      "../operators/index.ts",
      "../describe/to-document.ts",
      "../runtime/execute.ts",
      "../templates/engine.ts",
      "../services/tasks/worker.ts",
      ...NEVER_IN_SRC,
    ],
  },
  {
    folder: "src/templates",
    legal: ["../model/json.ts", "./dates.ts", "node:crypto"],
    illegal: ["../sdk/index.ts", "../runtime/render.ts", "../ports/clock.ts", ...NEVER_IN_SRC],
  },
  {
    folder: "src/describe",
    legal: ["../sdk/graph.ts", "../templates/scan.ts", "../model/document.ts"],
    illegal: ["../runtime/execute.ts", "../compiler/compile.ts", ...NEVER_IN_SRC],
  },
  {
    folder: "src/operators",
    legal: [
      "../sdk/index.ts",
      "../model/json.ts",
      "../runtime/line-splitter.ts",
      "node:child_process",
    ],
    illegal: [
      "../local/standalone.ts",
      "../ports/clock.ts",
      "../runtime/execute.ts",
      ...NEVER_IN_SRC,
    ],
  },
  {
    folder: "src/runtime",
    legal: [
      "../sdk/index.ts",
      "../describe/check-dag.ts",
      "../templates/engine.ts",
      "../ports/task-logs.ts",
    ],
    illegal: [
      "../operators/index.ts",
      "../services/tasks/worker.ts",
      "../workers/pool/worker-pool.ts",
      "../compiler/compile.ts",
      "../local/standalone.ts",
      ...NEVER_IN_SRC,
    ],
  },
  {
    folder: "src/workers",
    legal: ["../runtime/user-code.ts", "../sdk/errors.ts", "../ports/task-logs.ts", "node:fs"],
    illegal: [
      "../operators/index.ts",
      "../services/tasks/worker.ts",
      "../local/file-task-logs.ts",
      "../aws/platform.ts",
      ...NEVER_IN_SRC,
    ],
  },
  {
    folder: "src/compiler",
    legal: ["../model/asl.ts", "node:crypto"],
    illegal: ["../sdk/index.ts", "../interpreter/run.ts", "node:fs", ...NEVER_IN_SRC],
  },
  {
    folder: "src/interpreter",
    legal: ["../model/asl.ts", "./retry.ts", "node:timers"],
    illegal: ["../model/document.ts", "../compiler/index.ts", "../ports/clock.ts", ...NEVER_IN_SRC],
  },
  {
    folder: "src/ports",
    legal: ["../model/json.ts"],
    illegal: ["../services/tasks/worker.ts", "../sdk/index.ts", ...NEVER_IN_SRC],
  },
  {
    folder: "src/services",
    legal: ["../model/json.ts", "../ports/clock.ts", "../compiler/index.ts"],
    illegal: [
      "../local/standalone.ts",
      "../interpreter/run.ts",
      "../cli/main.ts",
      "../sdk/index.ts",
      "../runtime/execute.ts",
      "../describe/to-document.ts",
      "../workers/pool/worker-pool.ts",
      "../api/api-server.ts",
      ...NEVER_IN_SRC,
    ],
  },
  {
    folder: "src/services/tasks",
    legal: ["../../model/json.ts", "../../ports/clock.ts", "../runs/scheduler.ts"],
    illegal: ["../../runtime/execute.ts", "../../local/standalone.ts"],
  },
  {
    folder: "src/api",
    legal: ["../services/services.ts", "../ports/metadata.ts", "../model/json.ts", "hono"],
    illegal: [
      "../local/standalone.ts",
      "../runtime/execute.ts",
      "../compiler/compile.ts",
      ...NEVER_IN_SRC,
    ],
  },
  {
    folder: "src/aws",
    legal: [
      "@aws-sdk/client-s3",
      "../services/tasks/worker.ts",
      "../workers/pool/worker-pool.ts",
      "../ports/clock.ts",
    ],
    illegal: ["../local/standalone.ts", "../cli/main.ts", ...OUTSIDE],
  },
  {
    folder: "src/local",
    legal: [
      "../services/tasks/worker.ts",
      "../workers/pool/worker-pool.ts",
      "../interpreter/run.ts",
      "../compiler/index.ts",
    ],
    illegal: ["../aws/platform.ts", "../cli/main.ts", ...NEVER_IN_SRC],
  },
  {
    folder: "src/cli",
    legal: [
      "../local/standalone.ts",
      "../services/tasks/worker.ts",
      "../aws/deployment/push.ts",
      "../aws/deployment/doctor.ts",
      "../aws/deployment/undeploy.ts",
    ],
    illegal: ["../aws/platform.ts", "../aws/dynamodb/metadata.ts", ...NEVER_IN_SRC],
  },
  {
    folder: "dags",
    legal: ["stepwind", "stepwind/operators", "./utils/rows.ts", "luxon"],
    illegal: ["../src/sdk/index.ts", "stepwind/model", "../test/rows.ts"],
  },
  {
    folder: "functions",
    legal: ["../src/services/tasks/worker.ts", "../src/aws/platform.ts", "@aws-sdk/client-s3"],
    illegal: ["../infra/app.ts", "../ui/main.tsx", "../src/local/standalone.ts"],
  },
  {
    folder: "infra",
    legal: ["aws-cdk-lib", "../src/model/ids.ts", "./stack.ts"],
    illegal: ["../functions/worker.ts", "../src/services/tasks/worker.ts", "../ui/main.tsx"],
  },
  {
    folder: "ui",
    legal: ["react", "./app.tsx"],
    illegal: ["../src/model/states.ts", "../functions/worker.ts", "@aws-sdk/client-s3"],
  },
];

const ROOT = join(import.meta.dirname, "..");
const BIOME = join(
  dirname(createRequire(import.meta.url).resolve("@biomejs/biome/package.json")),
  "bin/biome",
);

let folder: string;
/** Rules that Biome reported, by file relative to the planted folder. */
let reported: ReadonlyMap<string, ReadonlySet<string>>;

function plant(path: string, text: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  return path;
}

function lint(): Map<string, Set<string>> {
  const { stdout } = spawnSync(
    process.execPath,
    [BIOME, "lint", "--reporter=rdjson", "--max-diagnostics=none", "."],
    { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: { value: string }; location?: { path: string } }[];
  };
  const byFile = new Map<string, Set<string>>();
  for (const { code, location } of diagnostics) {
    if (location === undefined) continue;
    const rules = byFile.get(location.path) ?? new Set();
    byFile.set(location.path, rules.add(code.value));
  }
  return byFile;
}

/** One file per import, so that each specifier is judged by itself. */
function plantedImport(layer: Layer, specifier: string): string {
  return `${layer.folder}/imports-${specifier.replaceAll(/[^a-z0-9]+/g, "-")}.ts`;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwind-layers-"));
  for (const file of ["biome.json", ".gitignore", "package.json"]) {
    copyFileSync(join(ROOT, file), join(folder, file));
  }
  for (const layer of LAYERS) {
    for (const specifier of [...layer.legal, ...layer.illegal]) {
      plant(plantedImport(layer, specifier), `import "${specifier}";\n`);
    }
  }
  plant("src/services/type-only.ts", 'export type { X } from "../local/x.ts";\n');
  plant("src/services/lazy.ts", 'export const x = import("../local/x.ts");\n');
  plant("src/model/ring-a.ts", 'import { b } from "./ring-b.ts";\nexport const a = () => b;\n');
  plant("src/model/ring-b.ts", 'import { a } from "./ring-a.ts";\nexport const b = () => a;\n');
  plant("src/model/lines-350.ts", "export {};\n".repeat(350));
  plant("src/model/lines-351.ts", "export {};\n".repeat(351));
  reported = lint();
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(LAYERS)("$folder", (layer) => {
  test.each(layer.illegal)("may not import %s", (specifier) => {
    const file = plantedImport(layer, specifier);
    expect(reported.get(file)).toContain("lint/style/noRestrictedImports");
  });

  test.each(layer.legal)("may import %s", (specifier) => {
    const file = plantedImport(layer, specifier);
    expect(reported.get(file) ?? new Set()).not.toContain("lint/style/noRestrictedImports");
  });
});

test.each(["type-only", "lazy"])("a %s import is held to the same rule", (name) => {
  expect(reported.get(`src/services/${name}.ts`)).toContain("lint/style/noRestrictedImports");
});

test("modules that import each other in a ring are reported", () => {
  expect(reported.get("src/model/ring-a.ts")).toContain("lint/suspicious/noImportCycles");
});

test("a file of 401 lines is reported and one of 400 is not", () => {
  expect(reported.get("src/model/lines-351.ts")).toContain("lint/style/noExcessiveLinesPerFile");
  expect(reported.get("src/model/lines-350.ts") ?? new Set()).not.toContain(
    "lint/style/noExcessiveLinesPerFile",
  );
});
