// /ui/shell, /ui/home, /ui/dags: what the pages over all DAGs ask for, each in one request.
import { hasRunIn } from "../../../model/summaries/dag-activity.ts";
import { stripOf, sumOf } from "../../../model/summaries/strip.ts";
import { toIso } from "../../../model/values/time.ts";
import {
  type DagListState,
  inOrder,
  isInState,
  type OpenTroubles,
  passes,
  toBrokenFile,
  toQuestion,
  troubleOf,
} from "../../../services/summaries/dag-list.ts";
import type { ListedDag } from "../../../services/summaries/directory.ts";
import type { Principal } from "../../access/principal.ts";
import type { ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { toWireDate } from "../../responses/wire.ts";
import { favoritesFor } from "../definitions/dag-facts.ts";
import { componentHealth } from "../upkeep/component-health.ts";
import { abilities } from "./abilities.ts";
import { startOfChanges } from "./changes/cursors.ts";
import { type Counted, countedProgress, seenTroubles } from "./list-facts.ts";
import { toDagRow, toRunBrief, toTrouble } from "./list-responses.ts";
import { directoryOf, visibleDags } from "./ui-context.ts";

export const uiListOperations: Operations = (context) => [
  operation("get_ui_shell", {
    permission: "GET dag",
    handle: ({ c }) => shellOf(context, c.var.principal),
  }),

  operation("get_ui_home", {
    permission: "GET dag",
    query: ["hours"],
    handle: ({ query, c }) => homeOf(context, c.var.principal, readHours(query)),
  }),

  operation("get_ui_dags", {
    permission: "GET dag",
    query: ["state", "tag", "owner", "schedule", "q", "sort", "offset", "limit"],
    handle: ({ query, c }) => dagsOf(context, c.var.principal, query),
  }),
];

async function shellOf(
  context: ApiContext,
  principal: Principal,
): Promise<Schema<"UiShellResponse">> {
  const { platform, version, heartbeatSeconds } = context;
  // The place comes first: what changes meanwhile is told once more.
  const cursor = await startOfChanges(context);
  const [dags, troubles, favorites, scheduler, processor] = await Promise.all([
    visibleDags(context, principal),
    seenTroubles(context, principal),
    favoritesFor(context, principal),
    componentHealth(context, "scheduler"),
    componentHealth(context, "dag_processor"),
  ]);
  const starred = dags.filter(({ dag }) => favorites.has(dag.dagId));
  return {
    now: toWireDate(toIso(platform.clock.now())),
    user: { name: principal.name, is_admin: principal.isAdmin },
    can: abilities(principal),
    instance: { kind: heartbeatSeconds === undefined ? "embedded" : "aws", version },
    starred: starred.map(({ dag, activity }) => ({
      dag_id: dag.dagId,
      state: activity.runs[0]?.state ?? null,
    })),
    counts: countsOf(dags, troubles),
    parts: [
      { id: "scheduler", ...scheduler },
      { id: "dag_processor", ...processor },
    ],
    cursor,
  };
}

/** What the shell counts. */
export function countsOf(
  dags: readonly ListedDag[],
  { broken, questions, questionCount }: Counted,
): Schema<"UiCounts"> {
  const troubles = { broken, questions };
  return {
    dags: dags.length,
    failing: dags.filter((listed) => isInState(listed, "failing", troubles)).length,
    running: dags.filter(({ activity }) => hasRunIn(activity, "running")).length,
    answers: questionCount,
    import_errors: broken.size,
  };
}

const MOST_HOURS = 24;

function readHours(query: Query): number {
  const hours = query.integer("hours") ?? MOST_HOURS;
  if (hours >= 1 && hours <= MOST_HOURS) return hours;
  const msg = `Input should be from 1 to ${MOST_HOURS}`;
  throw new InvalidRequest([{ type: "value_error", loc: ["query", "hours"], msg, input: hours }]);
}

const MOST_TROUBLES = 50;
const MOST_RUNNING = 20;
const MOST_NEXT = 8;
/** Quarters of an hour to come that the strip shows. */
const AHEAD = 8;

async function homeOf(
  context: ApiContext,
  principal: Principal,
  hours: number,
): Promise<Schema<"UiHomeResponse">> {
  const [dags, troubles] = await Promise.all([
    visibleDags(context, principal),
    seenTroubles(context, principal),
  ]);
  const now = context.platform.clock.now();
  const next = nextRuns(context, dags);
  const strip = stripOf(
    dags.map(({ activity }) => activity),
    { now, hours, ahead: AHEAD, due: next.map(({ at }) => at) },
  );
  const failing = dags.filter((listed) => isInState(listed, "failing", troubles));
  const fine = dags.filter(
    (listed) => listed.dag.isPaused || troubleOf(listed, troubles) === undefined,
  );
  return {
    now: toWireDate(toIso(now)),
    sentence: {
      failing: failing.length,
      waiting: troubles.questionCount,
      broken_files: troubles.broken.size,
      fine: fine.length,
      ended: sumOf(strip.success) + sumOf(strip.failed),
      succeeded: sumOf(strip.success),
    },
    attention: attentionOf(failing, troubles),
    strip: {
      from: toWireDate(toIso(strip.from)),
      step_s: 900,
      success: strip.success,
      failed: strip.failed,
      running: strip.running,
      planned: strip.planned,
    },
    running: await runningRuns(context, dags),
    next: next.slice(0, MOST_NEXT).map(({ dagId, at }) => ({ dag_id: dagId, at: toWireDate(at) })),
  };
}

function attentionOf(
  failing: readonly ListedDag[],
  troubles: Counted,
): readonly Schema<"UiTrouble">[] {
  const none: OpenTroubles = { broken: new Map(), questions: new Map() };
  return [
    ...failing.flatMap((listed) => troubleOf(listed, none) ?? []),
    ...troubles.asked.map(toQuestion),
    ...[...troubles.broken.values()].map(toBrokenFile),
  ]
    .sort((a, b) => (a.since < b.since ? 1 : -1))
    .slice(0, MOST_TROUBLES)
    .map(toTrouble);
}

function nextRuns(context: ApiContext, dags: readonly ListedDag[]) {
  const directory = directoryOf(context);
  return dags
    .flatMap((listed) => {
      const at = listed.dag.isPaused ? undefined : directory.nextRunAt(listed);
      return at === undefined ? [] : [{ dagId: listed.dag.dagId, at }];
    })
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

async function runningRuns(
  context: ApiContext,
  dags: readonly ListedDag[],
): Promise<readonly Schema<"UiRunBrief">[]> {
  const running = dags
    .flatMap((listed) =>
      listed.activity.runs
        .filter(({ state }) => state === "running")
        .map((run) => ({ listed, run })),
    )
    .sort((a, b) => ((a.run.startDate ?? "") < (b.run.startDate ?? "") ? 1 : -1))
    .slice(0, MOST_RUNNING);
  const progress = await countedProgress(context, running);
  return running.map(({ listed, run }) =>
    toRunBrief({ dagId: listed.dag.dagId, listed }, run, progress.get(run)),
  );
}

const STATES = ["failing", "running", "waiting", "paused", "active"] as const;
const ORDERS = ["attention", "name", "last_run", "next_run", "duration"] as const;

async function dagsOf(
  context: ApiContext,
  principal: Principal,
  query: Query,
): Promise<Schema<"UiDagsResponse">> {
  const directory = directoryOf(context);
  const [state] = query.choices("state", STATES);
  const [order = "attention"] = query.choices("sort", ORDERS);
  const [schedule] = query.choices("schedule", ["time", "assets", "none"] as const);
  const { limit, offset } = query.page();
  const filter = {
    tags: query.texts("tag"),
    owners: query.texts("owner"),
    schedule,
    text: query.text("q"),
  };
  const [dags, troubles, favorites] = await Promise.all([
    visibleDags(context, principal),
    seenTroubles(context, principal),
    favoritesFor(context, principal),
  ]);
  const matching = dags.filter((listed) => passes(listed, filter));
  const inStateOf = (wanted: DagListState) =>
    matching.filter((listed) => isInState(listed, wanted, troubles));
  const found = state === undefined ? matching : inStateOf(state);
  const facts = { troubles, nextRunAt: directory.nextRunAt };
  const page = inOrder(found, order, facts).slice(offset, offset + limit);
  const progress = await countedProgress(
    context,
    page.flatMap((listed) => {
      const [run] = listed.activity.runs;
      return run?.state === "running" ? [{ listed, run }] : [];
    }),
  );
  return {
    total: found.length,
    counts: {
      all: matching.length,
      failing: inStateOf("failing").length,
      running: inStateOf("running").length,
      waiting: inStateOf("waiting").length,
      paused: inStateOf("paused").length,
    },
    next_offset: offset + limit < found.length ? offset + limit : null,
    dags: page.map((listed) => {
      const [last] = listed.activity.runs;
      return toDagRow(listed, {
        troubles,
        favorites,
        nextRunAt: directory.nextRunAt(listed),
        progress: last && progress.get(last),
      });
    }),
  };
}
