// Reads the assets that a schedule waits for, as written, into the document's form.
import type { AssetCondition } from "../../model/assets/documents.ts";
import { conditionOf } from "../../sdk/assets/asset.ts";
import type { Refuse } from "../report.ts";
import { describeCondition } from "./describe-assets.ts";

/** A list means all of its assets; undefined for what is no assets. */
export function toExpression(given: unknown): AssetCondition | undefined {
  if (!Array.isArray(given)) return conditionOf(given);
  const conditions = given.flatMap((part) => conditionOf(part) ?? []);
  return conditions.length === given.length ? { kind: "all", conditions } : undefined;
}

/** Undefined for one whose mistakes are reported. */
export function readCondition(given: AssetCondition, refuse: Refuse): AssetCondition | undefined {
  return describeCondition(given, (what, flaw) =>
    refuse({ code: "bad-asset", message: `${what} of the schedule ${flaw}` }),
  );
}
