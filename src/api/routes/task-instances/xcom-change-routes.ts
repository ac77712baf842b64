// …/xcomEntries: values that people make, change and remove.
import { graphOf } from "../../../model/graph.ts";
import { instancesOfTask } from "../../../model/mapping/instances.ts";
import type { DagRunRecord, TaskInstanceKey } from "../../../model/records.ts";
import type { Version } from "../../../services/dag-processing/versions.ts";
import { toXComRecord } from "../../../services/tasks/xcom-values.ts";
import { createAuditedXCom } from "../../audit/audited-xcoms.ts";
import { type ApiContext, runOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { toXComResponse } from "../../responses/xcom-responses.ts";
import { idsOf } from "./instance-look-up.ts";
import { toFacts } from "./xcom-routes.ts";

export const xcomChangeOperations: Operations = (context) => {
  const { xcoms } = context.platform.metadata;
  const toAudited = createAuditedXCom(context.platform);

  return [
    operation("create_xcom_entry", {
      permission: "POST dag.xcom",
      async handle({ path, body, changed }) {
        const key = idsOf({ ...path, map_index: body.map_index });
        const place = await placeOf(context, key);
        if (await xcoms.get(key, body.key)) {
          throw new Problem(
            409,
            `The XCom with key: \`${body.key}\` with mentioned task instance already exists.`,
          );
        }
        const written = await write(context, place, { key, name: body.key, value: body.value });
        changed(undefined, await toAudited(place.run, written.xcom));
        return written.response;
      },
    }),

    operation("update_xcom_entry", {
      permission: "PUT dag.xcom",
      async handle({ path: { xcom_key: name, ...path }, body, changed }) {
        const key = idsOf({ ...path, map_index: body.map_index });
        const known = await xcoms.get(key, name);
        if (!known) throw missing(name);
        const place = await runOf(context, key);
        const before = await toAudited(place.run, known);
        const written = await write(context, place, { key, name, value: body.value });
        changed(before, await toAudited(place.run, written.xcom));
        return written.response;
      },
    }),

    operation("delete_xcom_entry", {
      permission: "DELETE dag.xcom",
      query: ["map_index"],
      async handle({ path: { xcom_key: name, ...path }, query, changed }) {
        const key = idsOf({ ...path, map_index: query.integer("map_index") });
        const known = await xcoms.get(key, name);
        if (!known) throw missing(name);
        const { run } = await runOf(context, key);
        const before = await toAudited(run, known);
        await xcoms.delete(key, name);
        changed(before, undefined);
        return undefined;
      },
    }),
  ];
};

interface Place {
  readonly run: DagRunRecord;
  readonly version: Version;
}

/** The instance must be there. */
async function placeOf(context: ApiContext, key: TaskInstanceKey): Promise<Place> {
  const { dagId, runId, taskId, mapIndex } = key;
  const { metadata } = context.platform;
  const run = await metadata.runs.get(dagId, runId);
  if (!run) {
    throw new Problem(404, `Dag Run with ID: \`${runId}\` not found for dag: \`${dagId}\``);
  }
  const version = await context.services.versions.get(dagId, run.versionHash);
  const task = graphOf(version.document).task(taskId);
  if (!task) {
    throw new Problem(404, `Task with ID: \`${taskId}\` not found in dag: \`${dagId}\``);
  }
  const records = await metadata.taskInstances.list({ dagId, runId, taskIds: [taskId] });
  const instances = instancesOfTask(version.document, task, records);
  if (instances.some((each) => each.mapIndex === mapIndex)) return { run, version };
  throw new Problem(
    404,
    `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\`, task_id: \`${taskId}\` and map_index: \`${mapIndex}\` was not found`,
  );
}

async function write(
  { platform }: ApiContext,
  place: Place,
  {
    key,
    name,
    value,
  }: { readonly key: TaskInstanceKey; readonly name: string; readonly value: unknown },
) {
  if (name === "") {
    const msg = "String should have at least 1 character";
    const loc = ["body", "key"];
    throw new InvalidRequest([{ type: "string_too_short", loc, msg, input: name }]);
  }
  const xcom = await toXComRecord(platform, key, { name, value: JSON.stringify(value) });
  await platform.metadata.xcoms.put(xcom);
  return { xcom, response: { ...toXComResponse(toFacts(xcom, place)), value } };
}

/** In the words of Airflow. */
function missing(name: string): Problem {
  return new Problem(
    404,
    `The XCom with key: \`${name}\` with mentioned task instance doesn't exist.`,
  );
}
