// The states of assets for a running task: which asset is meant, and JSON to and fro.
import { targetOf } from "../../model/assets/references.ts";
import { assetTargetText } from "../../model/ids.ts";
import type { AssetStateServices } from "../../model/task-services.ts";
import { assetItemOf } from "../../sdk/assets/asset.ts";
import type { AssetStateStore, TaskClient } from "../../sdk/client.ts";
import { checkedText } from "./checked-text.ts";

export function createAssetStateStores(
  services: AssetStateServices,
): TaskClient["assetStateStore"] {
  return (asset): AssetStateStore => {
    const which = asset === undefined ? {} : { asset: textOf(asset) };
    return {
      async get(key) {
        const text = await services.getAssetState({ ...which, key });
        return text === undefined ? null : JSON.parse(text);
      },
      set: (key, value) =>
        services.putAssetState({
          ...which,
          key,
          value: checkedText(value, `State "${key}" of an asset`),
        }),
      delete: (key) => services.putAssetState({ ...which, key }),
      clear: () => services.clearAssetState(which),
    };
  };
}

function textOf(value: unknown): string {
  const item = assetItemOf(value);
  if (item && item.kind !== "alias") return assetTargetText(targetOf(item));
  throw new TypeError("assetStateStore() takes an Asset, or Asset.ref()");
}
