// /jobs: the components that work without being asked. Airflow has a job for each process; a
// component here is one from its first heartbeat on, and belongs to no host.
import type { HeartbeatRecord } from "../../../model/upkeep/records.ts";
import type { ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { PAGE } from "../../requests/accepts.ts";
import { byDate, byText, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import { integerOf } from "../../responses/wire.ts";
import { componentHealth } from "../upkeep/component-health.ts";

type Job = Schema<"JobResponse">;

/** Airflow's names. */
const TYPES: readonly (readonly [HeartbeatRecord["component"], string])[] = [
  ["scheduler", "SchedulerJob"],
  ["dag_processor", "DagProcessorJob"],
];

const ALIVE = "running";
const FILTERS: readonly Filter<Job>[] = [
  {
    parameters: ["is_alive"],
    toTest(query) {
      const wanted = query.boolean("is_alive");
      return wanted === undefined ? undefined : ({ state }) => (state === ALIVE) === wanted;
    },
  },
  byDate("start_date", ({ start_date: date }) => date),
  byDate("end_date", ({ end_date: date }) => date),
  byText("job_state", ({ state }) => state ?? ""),
  byText("job_type", ({ job_type: type }) => type ?? ""),
  byText("hostname", ({ hostname }) => hostname ?? ""),
  byText("executor_class", ({ executor_class: name }) => name ?? ""),
];
const ORDER: OrderKeys<Job> = {
  id: ({ id }) => id,
  dag_id: (job) => job.dag_id,
  state: ({ state }) => state,
  job_type: (job) => job.job_type,
  start_date: (job) => job.start_date,
  end_date: (job) => job.end_date,
  latest_heartbeat: (job) => job.latest_heartbeat,
  executor_class: (job) => job.executor_class,
  hostname: ({ hostname }) => hostname,
  unixname: ({ unixname }) => unixname,
};

export const jobOperations: Operations = (context) => [
  operation("get_jobs", {
    permission: "GET jobs",
    query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
    async handle({ query }) {
      const tests = testsOf(FILTERS, query, context.platform.clock.now());
      const found = (await listJobs(context)).filter((job) => tests.every((test) => test(job)));
      const jobs = cut(ordered(found, { query, keys: ORDER, fallback: ["id"] }), query.page());
      return { jobs, total_entries: found.length };
    },
  }),
];

async function listJobs(context: ApiContext): Promise<readonly Job[]> {
  const jobs = await Promise.all(
    TYPES.map(async ([component, type]): Promise<readonly Job[]> => {
      const { status, heartbeat } = await componentHealth(context, component);
      if (heartbeat === null) return [];
      return [
        {
          id: integerOf(component),
          dag_id: null,
          state: status === "healthy" ? ALIVE : "failed",
          job_type: type,
          start_date: null,
          end_date: null,
          latest_heartbeat: heartbeat,
          executor_class: null,
          hostname: null,
          unixname: null,
          dag_display_name: null,
        },
      ];
    }),
  );
  return jobs.flat();
}
