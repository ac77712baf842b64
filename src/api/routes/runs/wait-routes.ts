// …/dagRuns/{dag_run_id}/wait: a line of JSON with the run's state, again and again until it has
// ended (Airflow: DagRunWaiter). Where answers can't go on for ever, the last line may be of a run
// that goes on: whoever wants to wait asks again.
import { isRunFinished } from "../../../model/states.ts";
import type { Json } from "../../../model/values/json.ts";
import { fetchValue, RETURN_VALUE } from "../../../services/tasks/xcom-values.ts";
import { type ApiContext, runOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { createShowXCom } from "../../responses/shown-xcoms.ts";

/** Seconds between two looks at least: each is a read. */
const SHORTEST_INTERVAL = 0.1;

interface Waiting {
  readonly dagId: string;
  readonly runId: string;
  /** Seconds. */
  readonly interval: number;
  /** Tasks whose results the last line has. */
  readonly taskIds: readonly string[];
  /** Aborted once nobody listens any more. */
  readonly gone: AbortSignal;
}

export const waitOperations: Operations = (context) => [
  operation("wait_dag_run_until_finished", {
    permission: "GET dag.run",
    query: ["interval", "result"],
    async handle({ path: { dag_id: dagId, dag_run_id: runId }, query, c }) {
      const interval = readInterval(query);
      const taskIds = query.texts("result");
      if (taskIds.length > 0 && !c.var.principal.may("GET dag.xcom", dagId)) {
        throw new Problem(403, "User is not authorized to read XCom data for this Dag");
      }
      await runOf(context, { dagId, runId });
      const gone = new AbortController();
      const lines = followRun(context, { dagId, runId, interval, taskIds, gone: gone.signal });
      return new Response(
        toStream(lines, () => gone.abort()),
        {
          headers: { "content-type": "application/x-ndjson" },
        },
      );
    },
  }),
];

function readInterval(query: Query): number {
  const interval = query.number("interval");
  const loc = ["query", "interval"];
  if (interval === undefined) {
    throw new InvalidRequest([{ type: "missing", loc, msg: "Field required", input: null }]);
  }
  if (interval > 0) return interval;
  const msg = "Input should be greater than 0";
  throw new InvalidRequest([{ type: "greater_than", loc, msg, input: query.text("interval") }]);
}

/** The lines; they end when the run has ended, or is gone. */
async function* followRun(
  context: ApiContext,
  { dagId, runId, interval, taskIds, gone }: Waiting,
): AsyncGenerator<string> {
  const { metadata, clock } = context.platform;
  const { longestWaitSeconds = Number.POSITIVE_INFINITY } = context;
  const until = clock.now() + longestWaitSeconds * 1_000;
  const pauseMs = Math.max(interval, SHORTEST_INTERVAL) * 1_000;
  while (!gone.aborted) {
    const run = await metadata.runs.get(dagId, runId);
    if (!run) return;
    const { state } = run;
    if (isRunFinished(state)) {
      const results = await readResults(context, { dagId, runId, taskIds });
      const hasSome = Object.keys(results).length > 0;
      yield `${JSON.stringify({ state, ...(hasSome ? { results } : {}) })}\n`;
      return;
    }
    yield `${JSON.stringify({ state })}\n`;
    if (clock.now() + pauseMs > until) return;
    await clock.sleep(pauseMs, gone);
  }
}

/** What the tasks have returned; of a mapped one, a list by map index. */
async function readResults(
  { platform }: ApiContext,
  { dagId, runId, taskIds }: Pick<Waiting, "dagId" | "runId" | "taskIds">,
): Promise<Readonly<Record<string, Json>>> {
  const results: Record<string, Json> = {};
  const showXCom = createShowXCom(platform);
  const { conf } = (await platform.metadata.runs.get(dagId, runId)) ?? { conf: {} };
  for (const taskId of [...new Set(taskIds)].sort()) {
    const all = await platform.metadata.xcoms.list({ dagId, runId, taskId });
    const returned = all.filter(({ key }) => key === RETURN_VALUE);
    const values = await Promise.all(
      returned.map(async (xcom): Promise<Json> => {
        const text = await fetchValue(platform, xcom);
        return text === undefined ? null : showXCom({ conf }, { key: xcom.key, text });
      }),
    );
    const [first] = returned;
    if (first === undefined) continue;
    const [only = null] = values;
    results[taskId] = values.length === 1 && first.mapIndex < 0 ? only : values;
  }
  return results;
}

function toStream(lines: AsyncGenerator<string>, onCancel: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: onCancel,
  });
}
