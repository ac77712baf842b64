// The contract of the bundle store: every adapter runs it and passes it whole.
import { describe, expect, test } from "vitest";
import type { Bundles } from "../../src/ports/dag-source.ts";
import { hashOfCode } from "../../src/services/dag-processing/bundle-hash.ts";

/** `create` gives an empty store to each test. */
export function bundlesContract(name: string, create: () => Promise<Bundles>): void {
  describe(`bundles: ${name}`, () => {
    test("a bundle can be imported by its URL once it is stored", async () => {
      const bundles = await create();
      const code = 'export const answer = "42 ü";';
      const hash = hashOfCode(code);
      expect(await bundles.has(hash)).toBe(false);
      await expect(bundles.url(hash)).rejects.toThrow(hash);
      await bundles.put(hash, code);
      expect(await bundles.has(hash)).toBe(true);
      const module: unknown = await import(/* @vite-ignore */ await bundles.url(hash));
      expect(module).toMatchObject({ answer: "42 ü" });
    });

    test("a bundle that was removed is not there, and can be stored again", async () => {
      const bundles = await create();
      const code = "export const answer = 2;";
      const hash = hashOfCode(code);
      await bundles.put(hash, code);
      await bundles.delete(hash);
      await bundles.delete(hash);
      expect(await bundles.has(hash)).toBe(false);
      await bundles.put(hash, code);
      expect(await bundles.has(hash)).toBe(true);
    });

    test("storing a bundle again, also at the same time, is safe", async () => {
      const bundles = await create();
      const code = "export const answer = 1;";
      const hash = hashOfCode(code);
      await Promise.all(Array.from({ length: 10 }, () => bundles.put(hash, code)));
      await bundles.put(hash, code);
      const module: unknown = await import(/* @vite-ignore */ await bundles.url(hash));
      expect(module).toMatchObject({ answer: 1 });
    });
  });
}
