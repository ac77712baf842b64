// Vitest: every test file under test/ but those that need an AWS emulator (vitest.aws.config.ts);
// "stepwind" means the source, as it does for tsc.
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["stepwind-source"] },
  ssr: { resolve: { conditions: ["stepwind-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/aws/**"],
    testTimeout: 30_000,
  },
});
