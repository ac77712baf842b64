// Vitest: every test file under test/; "stepwind" means the source, as it does for tsc.
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["stepwind-source"] },
  ssr: { resolve: { conditions: ["stepwind-source"] } },
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000 },
});
