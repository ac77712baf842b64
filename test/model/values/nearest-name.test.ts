// The name that was probably meant.
import { expect, test } from "vitest";
import { editDistance, nearestName } from "../../../src/model/values/nearest-name.ts";

test("the distance counts letters to insert, delete or replace", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("flaw", "lawn")).toBe(2);
  expect(editDistance("same", "same")).toBe(0);
});

test("a name that is near enough is meant, whatever its case", () => {
  const names = ["all_success", "all_failed", "one_success"];
  expect(nearestName("all_sucess", names)).toBe("all_success");
  expect(nearestName("ALL_FAILED", names)).toBe("all_failed");
  expect(nearestName("weekly", names)).toBeUndefined();
});
