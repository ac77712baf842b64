// The contract of the bundle store: every adapter runs it and passes it whole.
import { describe, expect, test } from "vitest";
import type { Bundles } from "../../src/ports/dag-source.ts";

/** `create` gives an empty store to each test. */
export function bundlesContract(name: string, create: () => Promise<Bundles>): void {
  describe(`bundles: ${name}`, () => {
    test("a bundle can be imported by its URL once it is stored", async () => {
      const bundles = await create();
      expect(await bundles.has("abc123")).toBe(false);
      await expect(bundles.url("abc123")).rejects.toThrow("abc123");
      await bundles.put("abc123", 'export const answer = "42 ü";');
      expect(await bundles.has("abc123")).toBe(true);
      const module: unknown = await import(/* @vite-ignore */ await bundles.url("abc123"));
      expect(module).toMatchObject({ answer: "42 ü" });
    });

    test("storing a bundle again, also at the same time, is safe", async () => {
      const bundles = await create();
      const code = "export const answer = 1;";
      await Promise.all(Array.from({ length: 10 }, () => bundles.put("f00", code)));
      await bundles.put("f00", code);
      const module: unknown = await import(/* @vite-ignore */ await bundles.url("f00"));
      expect(module).toMatchObject({ answer: 1 });
    });
  });
}
