// /dags and /dags/{dag_id}: list, look at, pause and delete DAGs; the tasks of their latest version.
import type { Hono } from "hono";
import { z } from "zod";
import type { DagRecord } from "../model/records.ts";
import { type PlannedRun, plan } from "../model/scheduling/planner.ts";
import { type ApiContext, dagOf } from "./context.ts";
import {
  type DagFacts,
  displayNameOf,
  ownersOf,
  toDagDetailsResponse,
  toDagResponse,
  toTaskResponse,
} from "./dag-responses.ts";
import { cut, everyItem, matcher, type OrderKeys, ordered } from "./listing.ts";
import { Problem } from "./problems.ts";
import { type Query, readBody, readQuery } from "./read-request.ts";

const PATCH_BODY = z.strictObject({ is_paused: z.boolean() });

const DAG_ORDER: OrderKeys<DagRecord> = {
  dag_id: ({ dagId }) => dagId,
  is_paused: ({ isPaused }) => isPaused,
  last_parsed_time: ({ lastParsedAt }) => lastParsedAt,
};

export function addDagRoutes(app: Hono, context: ApiContext): void {
  const { platform, services } = context;
  const { metadata } = platform;

  app.get("/dags", async (c) => {
    const query = readQuery(c);
    const broken = await brokenFiles(context);
    const all = await everyItem((page) => metadata.dags.list(page));
    const found = await matching(context, all, { query, broken });
    const page = cut(ordered(found, { query, keys: DAG_ORDER }), query.page());
    const dags = await Promise.all(page.map((dag) => factsOf(context, dag, broken)));
    return c.json({ dags: dags.map(toDagResponse), total_entries: found.length });
  });

  app.get("/dags/:dag_id", async (c) => {
    const dag = await dagOf(context, c.req.param("dag_id"));
    return c.json(toDagResponse(await factsOf(context, dag)));
  });

  app.get("/dags/:dag_id/details", async (c) => {
    const dag = await dagOf(context, c.req.param("dag_id"));
    const active = await metadata.runs.listActive(dag.dagId);
    return c.json(toDagDetailsResponse(await factsOf(context, dag), active.length));
  });

  app.patch("/dags/:dag_id", async (c) => {
    const dagId = c.req.param("dag_id");
    const body = await readBody(c, PATCH_BODY);
    for (const field of readQuery(c).texts("update_mask")) {
      if (field === "is_paused") continue;
      throw new Problem(400, "Only `is_paused` field can be updated through the REST API");
    }
    const dag = await services.runControl.setPaused(dagId, body.is_paused);
    return c.json(toDagResponse(await factsOf(context, dag)));
  });

  app.delete("/dags/:dag_id", async (c) => {
    await services.runControl.deleteDag(c.req.param("dag_id"));
    return c.body(null, 204);
  });

  app.get("/dags/:dag_id/tasks", async (c) => {
    const dag = await dagOf(context, c.req.param("dag_id"));
    const { document } = await services.versions.get(dag.dagId, dag.versionHash);
    const tasks = document.tasks.map((task) => toTaskResponse(task, document));
    const byId: OrderKeys<(typeof tasks)[number]> = { task_id: ({ task_id }) => task_id };
    const query = readQuery(c);
    return c.json({
      tasks: ordered(tasks, { query, keys: byId, fallback: "task_id" }),
      total_entries: tasks.length,
    });
  });

  app.get("/dags/:dag_id/tasks/:task_id", async (c) => {
    const dag = await dagOf(context, c.req.param("dag_id"));
    const taskId = c.req.param("task_id");
    const { document } = await services.versions.get(dag.dagId, dag.versionHash);
    const task = document.tasks.find((candidate) => candidate.taskId === taskId);
    if (!task) throw new Problem(404, `Task with id ${taskId} was not found`);
    return c.json(toTaskResponse(task, document));
  });
}

/** Paths of the DAG files that have import errors. */
async function brokenFiles({ platform }: ApiContext): Promise<ReadonlySet<string>> {
  const files = await platform.metadata.files.list();
  return new Set(
    files
      .filter(({ diagnostics }) => diagnostics.some(({ severity }) => severity === "error"))
      .map(({ file }) => file),
  );
}

async function factsOf(
  context: ApiContext,
  dag: DagRecord,
  broken?: ReadonlySet<string>,
): Promise<DagFacts> {
  const files = broken ?? (await brokenFiles(context));
  return {
    dag,
    version: await context.services.versions.get(dag.dagId, dag.versionHash),
    hasImportErrors: files.has(dag.file),
    next: await nextRunOf(context, dag),
    dagsFolder: context.dagsFolder,
  };
}

/** The run that the schedule gives next, due or not, also for a paused DAG (Airflow: next_dagrun). */
async function nextRunOf(
  { platform, services }: ApiContext,
  { dagId, isStale, versionHash, plannedAt }: DagRecord,
): Promise<PlannedRun | undefined> {
  const { metadata, clock } = platform;
  const planned = plan({
    document: (await services.versions.get(dagId, versionHash)).document,
    isPaused: false,
    isStale,
    now: clock.now(),
    lastAutomatedRun: await metadata.runs.getLatestAutomated(dagId),
    activeRuns: await metadata.runs.listActive(dagId),
    lastPlannedAt: plannedAt === undefined ? undefined : Date.parse(plannedAt),
  });
  return planned.create[0] ?? planned.next;
}

/** The DAGs that the query's filters leave. */
async function matching(
  { services }: ApiContext,
  dags: readonly DagRecord[],
  { query, broken }: { readonly query: Query; readonly broken: ReadonlySet<string> },
): Promise<readonly DagRecord[]> {
  const isStaleHidden = query.boolean("exclude_stale") ?? true;
  const isPaused = query.boolean("paused");
  const hasErrors = query.boolean("has_import_errors");
  const hasId = matcher(query.text("dag_id_pattern"));
  const prefix = query.text("dag_id_prefix_pattern") ?? "";
  const cheaply = dags.filter(
    (dag) =>
      !(isStaleHidden && dag.isStale) &&
      (isPaused === undefined || dag.isPaused === isPaused) &&
      (hasErrors === undefined || broken.has(dag.file) === hasErrors) &&
      dag.dagId.startsWith(prefix) &&
      hasId(dag.dagId),
  );
  const tags = query.texts("tags");
  const owners = query.texts("owners");
  const name = query.text("dag_display_name_pattern");
  if (tags.length === 0 && owners.length === 0 && name === undefined) return cheaply;
  const hasName = matcher(name);
  const needsAllTags = query.text("tags_match_mode") === "all";
  const kept = await Promise.all(
    cheaply.map(async ({ dagId, versionHash }) => {
      const { document } = await services.versions.get(dagId, versionHash);
      const hasTag = (tag: string) => document.tags.includes(tag);
      return (
        hasName(displayNameOf(document)) &&
        (tags.length === 0 || (needsAllTags ? tags.every(hasTag) : tags.some(hasTag))) &&
        (owners.length === 0 || ownersOf(document).some((owner) => owners.includes(owner)))
      );
    }),
  );
  return cheaply.filter((_, index) => kept[index]);
}
