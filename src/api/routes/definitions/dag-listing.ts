// The listing of DAGs: its filters and its order. What has to be read for a filter is read only
// when it is asked for.
import { assetConditionOf, itemsOfCondition } from "../../../model/assets/schedules.ts";
import type { DagRecord, DagRunRecord } from "../../../model/records.ts";
import type { PlannedRun } from "../../../model/scheduling/planner.ts";
import type { DagRunState } from "../../../model/states.ts";
import type { Version } from "../../../services/dag-processing/versions.ts";
import type { ApiContext } from "../../context.ts";
import {
  byDate,
  byPattern,
  byText,
  byTexts,
  type Filter,
  parametersOf,
  testsOf,
} from "../../requests/filters.ts";
import { type OrderKeys, readOrder, sorted } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { BUNDLE_NAME, displayNameOf, ownersOf } from "../../responses/dag-responses.ts";
import { nextRunOf } from "./dag-facts.ts";
import { timetableTypeOf } from "./timetable-types.ts";

/** A DAG with what was read for the filters and the order. */
interface ListedDag {
  readonly dag: DagRecord;
  readonly isBroken: boolean;
  readonly isFavorite: boolean;
  readonly version?: Version;
  readonly latestRun?: DagRunRecord | undefined;
  readonly next?: PlannedRun | undefined;
}

const RUN_STATES: readonly DagRunState[] = ["queued", "running", "success", "failed"];

const RECORD_FILTERS: readonly Filter<ListedDag>[] = [
  {
    parameters: ["exclude_stale"],
    toTest: (query) =>
      (query.boolean("exclude_stale") ?? true) ? ({ dag }) => !dag.isStale : undefined,
  },
  byFlag("paused", ({ dag }) => dag.isPaused),
  byFlag("has_import_errors", ({ isBroken }) => isBroken),
  byFlag("is_favorite", ({ isFavorite }) => isFavorite),
  byPattern("dag_id", ({ dag }) => dag.dagId),
  byText("bundle_name", () => BUNDLE_NAME),
];

/** They need the DAG's version. */
const VERSION_FILTERS: readonly Filter<ListedDag>[] = [
  {
    parameters: ["tags", "tags_match_mode"],
    toTest(query) {
      const wanted = query.texts("tags");
      const [mode] = query.choices("tags_match_mode", ["any", "all"]);
      if (wanted.length === 0) return undefined;
      return ({ version }) => {
        const has = (tag: string) => version?.document.tags.includes(tag) ?? false;
        return mode === "all" ? wanted.every(has) : wanted.some(has);
      };
    },
  },
  {
    // Airflow: any part of the names of all owners, whatever the case.
    parameters: ["owners"],
    toTest(query) {
      const wanted = query.texts("owners").map((owner) => owner.toLowerCase());
      if (wanted.length === 0) return undefined;
      return ({ version }) => {
        const owners = version ? ownersOf(version.document).join(", ").toLowerCase() : "";
        return wanted.some((owner) => owners.includes(owner));
      };
    },
  },
  byPattern("dag_display_name", ({ version }) => version && displayNameOf(version.document)),
  byText("bundle_version", ({ version }) => version?.bundleHash ?? ""),
  byTexts("timetable_type", ({ version }) =>
    version ? timetableTypeOf(version.document.schedule) : "",
  ),
  byFlag("has_asset_schedule", ({ version }) => scheduledAssetsOf(version).length > 0),
  {
    // Airflow: any part of the name or the URI of an asset in the schedule, whatever the case.
    parameters: ["asset_dependency"],
    toTest(query) {
      const wanted = query.text("asset_dependency")?.toLowerCase();
      if (wanted === undefined) return undefined;
      return ({ version }) =>
        scheduledAssetsOf(version).some((text) => text.toLowerCase().includes(wanted));
    },
  },
];

/** They need the DAG's latest run that has started. */
const RUN_FILTERS: readonly Filter<ListedDag>[] = [
  byTexts("last_dag_run_state", ({ latestRun }) => latestRun?.state ?? "", RUN_STATES),
  byTexts("dag_run_state", ({ latestRun }) => latestRun?.state ?? "", RUN_STATES),
  byDate("dag_run_start_date", ({ latestRun }) => latestRun?.startDate),
  byDate("dag_run_end_date", ({ latestRun }) => latestRun?.endDate),
];

const ORDER: OrderKeys<ListedDag> = {
  dag_id: ({ dag }) => dag.dagId,
  dag_display_name: ({ version }) => version && displayNameOf(version.document),
  is_paused: ({ dag }) => dag.isPaused,
  last_parsed_time: ({ dag }) => dag.lastParsedAt,
  next_dagrun: ({ next }) => next?.logicalDate,
  last_run_state: ({ latestRun }) => latestRun?.state,
  last_run_start_date: ({ latestRun }) => latestRun?.startDate,
};

/** What the listing of DAGs takes besides a page. */
export const DAG_LIST_PARAMETERS: readonly string[] = [
  "order_by",
  ...parametersOf([...RECORD_FILTERS, ...VERSION_FILTERS, ...RUN_FILTERS]),
];

export const DAG_ID_PATTERNS = ["dag_id_pattern", "dag_id_prefix_pattern"] as const;

/** By what the DAGs to change are chosen. */
export const DAGS_PATCH_PARAMETERS: readonly string[] = [
  ...DAG_ID_PATTERNS,
  "exclude_stale",
  "owners",
  "paused",
  "tags",
  "tags_match_mode",
];

/** What the listing chooses from. */
interface Listed {
  readonly dags: readonly DagRecord[];
  /** The files with errors. */
  readonly broken: ReadonlySet<string>;
  /** Ids of the DAGs that the caller has marked. */
  readonly favorites: ReadonlySet<string>;
}

/** Those of the DAGs that the query's filters leave, in its order. */
export async function listDags(
  context: ApiContext,
  query: Query,
  { dags: records, broken, favorites }: Listed,
): Promise<readonly DagRecord[]> {
  const { clock } = context.platform;
  const order = readOrder(query, { names: Object.keys(ORDER), fallback: ["dag_id"] });
  const orderedBy = (...names: readonly string[]) => order.some(({ name }) => names.includes(name));
  const [onRecord, onVersion, onRun] = [RECORD_FILTERS, VERSION_FILTERS, RUN_FILTERS].map(
    (filters) => testsOf(filters, query, clock.now()),
  );
  const pass = (tests: typeof onRecord, dags: readonly ListedDag[]) =>
    dags.filter((dag) => tests?.every((test) => test(dag)));

  let dags: readonly ListedDag[] = records.map((dag) => ({
    dag,
    isBroken: broken.has(dag.file),
    isFavorite: favorites.has(dag.dagId),
  }));
  dags = pass(onRecord, dags);
  if (onVersion?.length || orderedBy("dag_display_name")) {
    const { versions } = context.services;
    dags = await withEach(dags, async ({ dag }) => ({
      version: await versions.get(dag.dagId, dag.versionHash),
    }));
    dags = pass(onVersion, dags);
  }
  if (onRun?.length || orderedBy("last_run_state", "last_run_start_date")) {
    dags = await withEach(dags, async ({ dag }) => ({
      latestRun: await latestStartedRun(context, dag.dagId),
    }));
    dags = pass(onRun, dags);
  }
  if (orderedBy("next_dagrun")) {
    dags = await withEach(dags, async ({ dag }) => ({ next: await nextRunOf(context, dag) }));
  }
  return sorted(dags, order, ORDER).map(({ dag }) => dag);
}

/** Names and URIs of the assets that the schedule refers to; an alias is none of them. */
function scheduledAssetsOf(version: Version | undefined): readonly string[] {
  const condition = version && assetConditionOf(version.document.schedule);
  if (!condition) return [];
  return itemsOfCondition(condition).flatMap((item) => {
    if (item.kind === "asset") return [item.name, item.uri];
    if (item.kind === "name-ref") return [item.name];
    return item.kind === "uri-ref" ? [item.uri] : [];
  });
}

function byFlag(name: string, flagOf: (dag: ListedDag) => boolean): Filter<ListedDag> {
  return {
    parameters: [name],
    toTest(query) {
      const wanted = query.boolean(name);
      return wanted === undefined ? undefined : (dag) => flagOf(dag) === wanted;
    },
  };
}

function withEach(
  dags: readonly ListedDag[],
  read: (dag: ListedDag) => Promise<Partial<ListedDag>>,
): Promise<readonly ListedDag[]> {
  return Promise.all(dags.map(async (dag) => ({ ...dag, ...(await read(dag)) })));
}

async function latestStartedRun(
  { platform }: ApiContext,
  dagId: string,
): Promise<DagRunRecord | undefined> {
  const states = ["running", "success", "failed"] as const;
  return (await platform.metadata.runs.list({ dagId, states, limit: 1 })).items[0];
}
