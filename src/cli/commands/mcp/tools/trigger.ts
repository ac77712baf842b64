// The tool that triggers a run, and may wait for its end.
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { path } from "../../../api-client.ts";
import { aboutDag } from "../../../look-ups.ts";
import { type Call, tool } from "../tool.ts";
import { DAG_ID, RUN, toConf, toRun } from "../words.ts";

const triggerDag = tool({
  name: "trigger_dag",
  title: "Trigger a DAG",
  description:
    "Starts a run now. conf is checked against the DAG's params, which get_dag shows. wait_seconds waits for its end; ask get_run where that is too short.",
  effect: "adds",
  input: z.object({
    dag_id: DAG_ID,
    conf: z.record(z.string(), z.unknown()).optional().describe("Values for the DAG's params"),
    run_id: z.string().min(1).optional().describe("Name of the run; made up when absent"),
    logical_date: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe("Now when absent; null for none"),
    note: z.string().max(1_000).optional(),
    wait_seconds: z.int().min(0).max(50).default(0),
  }),
  output: RUN.extend({
    conf: z.unknown(),
    has_ended: z.boolean(),
    remark: z.string().nullable().describe("What keeps it from starting, or what to do next"),
  }),
  async run({ dag_id: dagId, conf, run_id, logical_date, note, wait_seconds }, call) {
    const { api } = call;
    const made = await aboutDag(api, dagId, () =>
      api.post<Schema<"DAGRunResponse">>(path`/dags/${dagId}/dagRuns`, {
        logical_date: logical_date === undefined ? new Date().toISOString() : logical_date,
        ...(run_id === undefined ? {} : { dag_run_id: run_id }),
        ...(conf === undefined ? {} : { conf }),
        ...(note === undefined ? {} : { note }),
      }),
    );
    const run = call.hasServer ? await awaitEnd(call, made, wait_seconds) : made;
    return {
      ...toRun(run),
      conf: toConf(run),
      has_ended: hasEnded(run),
      remark: await remarkOf(call, run),
    };
  },
});

function hasEnded({ state }: Schema<"DAGRunResponse">): boolean {
  return state === "success" || state === "failed";
}

async function awaitEnd(
  { api, pollMs, signal }: Call,
  run: Schema<"DAGRunResponse">,
  seconds: number,
): Promise<Schema<"DAGRunResponse">> {
  const until = Date.now() + seconds * 1_000;
  let current = run;
  while (!hasEnded(current) && Date.now() < until && !signal.aborted) {
    await wait(pollMs, undefined, { signal }).catch(() => {});
    current = await api.get(path`/dags/${run.dag_id}/dagRuns/${run.dag_run_id}`);
  }
  return current;
}

async function remarkOf(
  { api, hasServer }: Call,
  run: Schema<"DAGRunResponse">,
): Promise<string | null> {
  if (run.state === "failed") return "explain_failure says why it failed";
  if (hasEnded(run)) return null;
  if (!hasServer) return "No server runs here: the run starts with stepwind standalone";
  const dag = await api.get<Schema<"DAGResponse">>(path`/dags/${run.dag_id}`);
  if (dag.is_paused) return "The DAG is paused: the run waits until set_paused lets it go on";
  return "It goes on: get_run shows how far it is";
}

export const triggerTools = [triggerDag];
