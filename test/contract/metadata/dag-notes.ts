// What the metadata port promises about what is kept beside DAGs: favorites, the code of versions,
// requests to parse a file.
import { describe, expect, test } from "vitest";
import { dagCodePrefix } from "../../../src/model/upkeep/dag-code-keys.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import {
  deleteDagCodes,
  keepDagCode,
  readDagCode,
} from "../../../src/services/dag-processing/notes/dag-codes.ts";
import { addFavorite, favoritesOf, forgetFavorite } from "../../../src/services/favorites.ts";
import { TRICKY_TEXT } from "../records.ts";

/** Part of metadataContract. */
export function dagNoteContract(create: () => Promise<Metadata>): void {
  describe("what is kept beside DAGs", () => {
    test("each user has favorites, also when several are marked at the same time", async () => {
      const metadata = await create();
      const marked = ["a", "b", "c"].map((dagId) => addFavorite(metadata, { user: "ann", dagId }));
      await Promise.all([...marked, addFavorite(metadata, { user: TRICKY_TEXT, dagId: "a" })]);
      expect([...(await favoritesOf(metadata, "ann"))].sort()).toEqual(["a", "b", "c"]);
      expect([...(await favoritesOf(metadata, TRICKY_TEXT))]).toEqual(["a"]);
      expect((await favoritesOf(metadata, "ben")).size).toBe(0);
      await forgetFavorite(metadata, "a");
      expect([...(await favoritesOf(metadata, "ann"))].sort()).toEqual(["b", "c"]);
      expect((await favoritesOf(metadata, TRICKY_TEXT)).size).toBe(0);
    });

    test("a version has its code, whatever is in it, and a DAG's go without those of others", async () => {
      const metadata = await create();
      const text = `${TRICKY_TEXT}\n${"export const more = 1;\n".repeat(20_000)}`;
      await keepDagCode(metadata, { dagId: "a", hash: "1", text });
      await keepDagCode(metadata, { dagId: "a.b", hash: "1", text: "other" });
      expect(await readDagCode(metadata, { dagId: "a", hash: "1" })).toBe(text);
      expect(await readDagCode(metadata, { dagId: "a", hash: "2" })).toBeUndefined();
      await deleteDagCodes(metadata, "a");
      const prefix = dagCodePrefix("a");
      expect((await metadata.dagCodes.list({ prefix })).items).toEqual([]);
      expect(await readDagCode(metadata, { dagId: "a.b", hash: "1" })).toBe("other");
    });

    test("a request to parse a file is kept by the file", async () => {
      const { parseRequests } = await create();
      const requestedAt = "2026-01-30T08:00:00.000Z";
      await parseRequests.put({ file: "team/a.ts", requestedAt });
      await parseRequests.put({ file: "team/a.ts", requestedAt });
      expect((await parseRequests.list()).items).toMatchObject([{ file: "team/a.ts" }]);
      await parseRequests.delete("team/a.ts");
      expect(await parseRequests.get("team/a.ts")).toBeUndefined();
    });
  });
}
