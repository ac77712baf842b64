// Filters of runs that take reads: by the version that a run is on, and by the assets whose events
// it has consumed.
import type { DagRunRecord } from "../../../model/records.ts";
import type { ApiContext } from "../../context.ts";
import { everyItem } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import type { LateTest } from "./run-query.ts";

/** The query parameters of the filters. */
export const LATE_PARAMETERS: readonly string[] = [
  "dag_version",
  "bundle_version",
  "consuming_asset_pattern",
];

/** The tests that the query asks for. */
export function readLateTests(context: ApiContext, query: Query): readonly LateTest[] {
  const numbers = query.integers("dag_version");
  const bundle = query.text("bundle_version");
  const asset = query.text("consuming_asset_pattern")?.toLowerCase();
  const tests: LateTest[] = [];
  if (numbers.length > 0 || bundle !== undefined) {
    tests.push(async ({ dagId, versionHash }) => {
      const { number, bundleHash } = await context.services.versions.get(dagId, versionHash);
      return (
        (numbers.length === 0 || numbers.includes(number)) &&
        (bundle === undefined || bundle === bundleHash)
      );
    });
  }
  if (asset !== undefined) tests.push(createAssetTest(context, asset));
  return tests;
}

/** Airflow: any part of an asset's name or URI, whatever the case; nothing stands for others. */
function createAssetTest({ platform }: ApiContext, part: string): LateTest {
  const { assets, assetEvents } = platform.metadata;
  const known = new Map<number, Promise<boolean>>();
  const hasPart = async (assetId: number) => {
    const asset = await assets.get(String(assetId));
    return [asset?.name, asset?.uri].some((text) => text?.toLowerCase().includes(part));
  };
  const isMeant = (assetId: number) => {
    const found = known.get(assetId) ?? hasPart(assetId);
    known.set(assetId, found);
    return found;
  };
  return async (run: DagRunRecord) => {
    // Others consume none.
    if (run.runType !== "asset_triggered") return false;
    const { dagId, runId } = run;
    const events = await everyItem((page) => assetEvents.listConsumed({ dagId, runId, ...page }));
    for (const { assetId } of events) if (await isMeant(assetId)) return true;
    return false;
  };
}
