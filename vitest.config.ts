// Vitest: every test file under test/ but those that need an AWS emulator (vitest.aws.config.ts);
// "stepwind" means the source, as it does for tsc.
import { configDefaults, defineConfig } from "vitest/config";

/** Tests that start no process of ours and wait for no moment: the time in them is virtual. */
const IN_PROCESS = [
  "test/{api,compiler,describe,infra,interpreter,model,operators,sdk,services,templates,vectors}/**/*.test.ts",
  "test/e2e/{airflow-runs,aws-limits,clock-jumps,random-*,unbegun-deaths}.test.ts",
  "test/e2e/{assets,differential}/**/*.test.ts",
];
const NOT_HERE = [...configDefaults.exclude, "test/aws/**"];

const conditions = ["stepwind-source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 30_000,
    // One after the other: in-process tests take all cores, others need them for their processes.
    projects: [
      {
        extends: true,
        test: {
          name: "in-process",
          include: IN_PROCESS,
          exclude: NOT_HERE,
          maxWorkers: "100%",
          // They share the cores.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "processes",
          include: ["test/**/*.test.ts"],
          exclude: [...NOT_HERE, ...IN_PROCESS],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
