// A product in virtual time with DAGs that produce assets and DAGs that wait for them.
import type {
  AssetCondition,
  AssetItem,
  OutletEvent,
} from "../../../src/model/assets/documents.ts";
import type { AssetEventRecord } from "../../../src/model/assets/records.ts";
import type { DagDocument } from "../../../src/model/document.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import { itemsOf } from "../../../src/ports/pages.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";
import {
  BEGIN,
  createVirtualProduct,
  type VirtualProduct,
} from "../../reference/virtual-product.ts";
import type { VirtualProductOptions } from "../../reference/virtual-product-options.ts";

export { BEGIN };

/** An asset whose URI is its name. */
export function asset(name: string): AssetItem & { readonly kind: "asset" } {
  return { kind: "asset", name, uri: name, group: "asset" };
}

export function alias(name: string): AssetItem {
  return { kind: "alias", name, group: "asset" };
}

/** A DAG with one task, whose success changes the assets. */
export function producer(dagId: string, ...outlets: readonly AssetItem[]): DagDocument {
  return dagDocument({ dagId, tasks: [taskDocument("load", { outlets })] });
}

/** A DAG with one task that runs when the condition is met. */
export function consumer(
  dagId: string,
  condition: AssetCondition,
  changes: Partial<DagDocument> = {},
): DagDocument {
  return dagDocument({
    dagId,
    schedule: { kind: "assets", condition },
    tasks: [taskDocument("use")],
    ...changes,
  });
}

export const all = (...conditions: readonly AssetCondition[]): AssetCondition => ({
  kind: "all",
  conditions,
});
export const any = (...conditions: readonly AssetCondition[]): AssetCondition => ({
  kind: "any",
  conditions,
});

export interface AssetProduct extends VirtualProduct {
  /** Runs the DAG once, and lets all happen that follows within some seconds. */
  trigger(dagId: string): Promise<DagRunRecord>;
  /** Runs that assets have made, oldest first. */
  assetRuns(dagId: string): Promise<readonly DagRunRecord[]>;
  /** What a run has consumed. */
  consumed(run: DagRunRecord): Promise<readonly AssetEventRecord[]>;
  events(): Promise<readonly AssetEventRecord[]>;
  /** What tasks say of their outlets from now on. */
  tell(events: readonly OutletEvent[]): void;
}

export function createAssetProduct(options: VirtualProductOptions = {}): AssetProduct {
  const product = createVirtualProduct(options);
  const { metadata } = product;

  async function runsOf(dagId: string): Promise<readonly DagRunRecord[]> {
    const runs: DagRunRecord[] = [];
    for await (const run of itemsOf((page) => metadata.runs.list({ ...page, dagId }))) {
      runs.push(run);
    }
    return runs.reverse();
  }

  return Object.assign(Object.create(product) as VirtualProduct, {
    async trigger(dagId: string) {
      const run = await product.services.runControl.trigger({ dagId, triggeredBy: "test" });
      await product.passTo(product.clock.now() + 5_000);
      return product.getRun(dagId, run.runId);
    },
    assetRuns: async (dagId: string) =>
      (await runsOf(dagId)).filter(({ runType }) => runType === "asset_triggered"),
    async consumed({ dagId, runId }: DagRunRecord) {
      return (await metadata.assetEvents.listConsumed({ dagId, runId })).items;
    },
    async events() {
      const found: AssetEventRecord[] = [];
      const list = (page: object) => metadata.assetEvents.list({ ...page, oldestFirst: true });
      for await (const event of itemsOf(list)) found.push(event);
      return found;
    },
    tell(events: readonly OutletEvent[]) {
      product.play(() => ({
        seconds: 1,
        ending: { kind: "success", ...(events.length > 0 ? { outletEvents: events } : {}) },
      }));
    },
  });
}
