// …/xcomEntries: the values that a task instance left for others.
import type { Hono } from "hono";
import { graphOf } from "../model/graph.ts";
import type { XComRecord } from "../model/records.ts";
import { readXCom } from "../services/tasks/xcom-values.ts";
import { type ApiContext, runOf } from "./context.ts";
import { displayNameOf } from "./dag-responses.ts";
import { cut, matcher, type OrderKeys, ordered } from "./listing.ts";
import { Problem } from "./problems.ts";
import { readQuery } from "./read-request.ts";
import { toWireDate, toWireDateOrNull } from "./wire.ts";

const XCOMS = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id/xcomEntries";

const ORDER: OrderKeys<XComRecord> = {
  key: ({ key }) => key,
  map_index: ({ mapIndex }) => mapIndex,
  timestamp: ({ timestamp }) => timestamp,
};

export function addXComRoutes(app: Hono, context: ApiContext): void {
  const { platform } = context;

  app.get(XCOMS, async (c) => {
    const query = readQuery(c);
    const toResponse = await describe(c.req.param());
    const key = query.text("xcom_key");
    const hasKey = matcher(query.text("xcom_key_pattern"));
    const all = await platform.metadata.xcoms.list({
      ...idsOf(c.req.param()),
      mapIndex: query.integer("map_index") ?? -1,
    });
    const found = all.filter((xcom) => (key === undefined || xcom.key === key) && hasKey(xcom.key));
    const page = cut(ordered(found, { query, keys: ORDER }), query.page());
    return c.json({ xcom_entries: page.map(toResponse), total_entries: found.length });
  });

  app.get(`${XCOMS}/:xcom_key`, async (c) => {
    const query = readQuery(c);
    const toResponse = await describe(c.req.param());
    const name = c.req.param("xcom_key");
    const ids = { ...idsOf(c.req.param()), mapIndex: query.integer("map_index") ?? -1 };
    const xcom = await platform.metadata.xcoms.get(ids, name);
    const value = await readXCom(platform, ids, name);
    if (!xcom || value === undefined) {
      throw new Problem(404, `XCom entry with key: \`${name}\` not found`);
    }
    const isText = query.boolean("stringify") ?? false;
    return c.json({ ...toResponse(xcom), value: isText ? value : JSON.parse(value) });
  });

  /** Refuses what isn't there; answers how to write an XCom of the instance. */
  async function describe(params: Readonly<Record<string, string>>) {
    const { dagId, runId, taskId } = idsOf(params);
    const { run, version } = await runOf(context, { dagId, runId });
    const task = graphOf(version.document).task(taskId);
    return (xcom: XComRecord) => ({
      key: xcom.key,
      timestamp: toWireDate(xcom.timestamp),
      logical_date: toWireDateOrNull(run.logicalDate),
      map_index: xcom.mapIndex,
      task_id: taskId,
      dag_id: dagId,
      run_id: runId,
      dag_display_name: displayNameOf(version.document),
      task_display_name: task?.displayName ?? taskId,
      run_after: toWireDate(run.runAfter),
    });
  }
}

function idsOf(params: Readonly<Record<string, string>>) {
  const { dag_id: dagId = "", dag_run_id: runId = "", task_id: taskId = "" } = params;
  return { dagId, runId, taskId };
}
