// The condition of a schedule as Airflow writes it (BaseAsset.as_expression).
import type { JsonObject } from "../values/json.ts";
import type { AssetCondition } from "./documents.ts";

export function toAssetExpression(condition: AssetCondition): JsonObject {
  switch (condition.kind) {
    case "all":
    case "any":
      return { [condition.kind]: condition.conditions.map(toAssetExpression) };
    case "asset": {
      const { uri, name, group } = condition;
      return { asset: { uri, name, group } };
    }
    case "alias":
      return { alias: { name: condition.name, group: condition.group } };
    case "name-ref":
      return { asset_ref: { name: condition.name } };
    case "uri-ref":
      return { asset_ref: { uri: condition.uri } };
  }
}
