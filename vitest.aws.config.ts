// Vitest for what needs an AWS emulator, one for all: the adapters, and end to end the product as the CDK deploys it.
import { defineConfig } from "vitest/config";

const conditions = ["stepwind-source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: "adapters",
          include: ["test/aws/**/*.test.ts"],
          exclude: ["test/aws/e2e/**"],
          globalSetup: ["test/aws/global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/aws/e2e/*.test.ts"],
          globalSetup: ["test/aws/e2e/global-setup.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
