// Vitest for what needs an AWS emulator, one for all: the adapters, and end to end the product as
// the CDK deploys it.
import { defineConfig } from "vitest/config";
import { isMiniStack } from "./test/aws/ministack.ts";

const conditions = ["stepwind-source"];

/** One that runs already, LocalStack as a rule; MiniStack is started when there is none. */
const given = process.env.AWS_ENDPOINT_URL;
const isLocalStack = given !== undefined && !(await isMiniStack(given));

/**
 * LocalStack's `select()` takes no descriptor beyond 1,024. A warm function has some 15, and each
 * execution's client to LocalStack itself two for a while. So one file at a time, on a LocalStack
 * that keeps functions warm for a minute (`LAMBDA_KEEPALIVE_MS=60000`) instead of ten.
 */
const FILES_AT_ONCE = isLocalStack ? 1 : 3;
/**
 * LocalStack is one Python process: it takes several times as long for thousands of calls as others
 * do.
 */
const PATIENCE = isLocalStack ? 3 : 1;

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    maxWorkers: FILES_AT_ONCE,
    env: { STEPWIND_TEST_PATIENCE: String(PATIENCE) },
    projects: [
      {
        extends: true,
        test: {
          name: "adapters",
          include: ["test/aws/**/*.test.ts"],
          exclude: ["test/aws/e2e/**"],
          globalSetup: ["test/aws/global-setup.ts"],
          testTimeout: PATIENCE * 60_000,
          hookTimeout: PATIENCE * 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/aws/e2e/**/*.test.ts"],
          globalSetup: ["test/aws/e2e/global-setup.ts"],
          testTimeout: PATIENCE * 240_000,
          hookTimeout: PATIENCE * 120_000,
        },
      },
    ],
  },
});
