// The SQL function that tests a value by a condition, for what SQL has no words for: patterns with
// letters beyond ASCII, and very many of them.
import type { DatabaseSync } from "node:sqlite";
import { type Condition, type FieldValue, testOf } from "../../../model/listings/conditions.ts";
import { TEST_FUNCTION } from "./fact-sql.ts";

/** Adds the function to the connection: the condition as JSON text, and a value. */
export function addConditionTest(db: DatabaseSync): void {
  let last: { readonly text: string; test(value: FieldValue): boolean } | undefined;
  db.function(TEST_FUNCTION, { deterministic: true }, (text, value) => {
    if (last?.text !== text) {
      // The text is our own: toClauses made it.
      const condition = JSON.parse(String(text)) as Condition;
      last = { text: String(text), test: testOf(condition) };
    }
    return last.test(typeof value === "string" ? value : null) ? 1 : 0;
  });
}
