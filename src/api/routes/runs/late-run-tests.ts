// Filters of runs that take reads: by the version that a run is on, and by the assets whose events
// it has consumed.
import type { Condition } from "../../../model/listings/conditions.ts";
import type { RunField } from "../../../model/listings/run-fields.ts";
import type { DagRunRecord, DagVersionRecord } from "../../../model/records.ts";
import { ANY, type ApiContext } from "../../context.ts";
import { isOneOf } from "../../requests/conditions.ts";
import { everyItem } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";

/** Whether a run passes; takes reads. */
export type LateTest = (run: DagRunRecord) => Promise<boolean>;

/** The query parameters of the filters. */
export const LATE_PARAMETERS: readonly string[] = [
  "dag_version",
  "bundle_version",
  "consuming_asset_pattern",
];

/** What the query asks for, as far as the store can narrow it down, and what is left to test. */
export interface LateFilters {
  readonly conditions: readonly Condition<RunField>[];
  readonly tests: readonly LateTest[];
}

/** The filters of a listing of the DAG's runs; "~": of those of every DAG. */
export async function readLateTests(
  context: ApiContext,
  query: Query,
  dagId: string,
): Promise<LateFilters> {
  const numbers = query.integers("dag_version");
  const bundle = query.text("bundle_version");
  const asset = query.text("consuming_asset_pattern")?.toLowerCase();
  const conditions: Condition<RunField>[] = [];
  const tests: LateTest[] = [];
  const isMeant = ({ number, bundleHash }: Pick<DagVersionRecord, "number" | "bundleHash">) =>
    (numbers.length === 0 || numbers.includes(number)) &&
    (bundle === undefined || bundle === bundleHash);
  if (numbers.length > 0 || bundle !== undefined) {
    if (dagId === ANY) {
      const { versions } = context.services;
      tests.push(async (run) => isMeant(await versions.get(run.dagId, run.versionHash)));
    } else {
      const versions = await context.platform.metadata.versions.list(dagId);
      const hashes = versions.filter(isMeant).map(({ hash }) => hash);
      conditions.push(isOneOf("versionHash", hashes));
    }
  }
  if (asset !== undefined) {
    // Others consume none.
    conditions.push(isOneOf("runType", ["asset_triggered"]));
    tests.push(createAssetTest(context, asset));
  }
  return { conditions, tests };
}

/** Runs that are tested at a time. */
const PARALLEL = 16;

/** Those of the runs that pass the tests, in their order. */
export async function passing(
  runs: readonly DagRunRecord[],
  tests: readonly LateTest[],
): Promise<readonly DagRunRecord[]> {
  const found: DagRunRecord[] = [];
  for (let start = 0; start < runs.length; start += PARALLEL) {
    const part = runs.slice(start, start + PARALLEL);
    const passed = await Promise.all(part.map((run) => passes(run, tests)));
    found.push(...part.filter((_, index) => passed[index]));
  }
  return found;
}

async function passes(run: DagRunRecord, tests: readonly LateTest[]): Promise<boolean> {
  for (const test of tests) if (!(await test(run))) return false;
  return true;
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
    const { dagId, runId } = run;
    const events = await everyItem((page) => assetEvents.listConsumed({ dagId, runId, ...page }));
    for (const { assetId } of events) if (await isMeant(assetId)) return true;
    return false;
  };
}
