// The product on one machine as a whole: what is still under way when it closes.
import { expect, test } from "vitest";
import { openLocalProduct } from "../../src/local/local-platform.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("work that is under way when the product closes ends at once, and holds nothing up", {
  timeout: 5_000,
}, async () => {
  const folder = temporaryFolder();
  const product = await openLocalProduct({ home: folder, dagsFolder: folder, inMemory: true });
  await product.close();
  const { recorder } = product.services;
  const late = recorder.handle({ action: "finish", dagId: "d", runId: "r", clearNumber: 0 });
  await expect(late).rejects.toThrow("finalized");
});
