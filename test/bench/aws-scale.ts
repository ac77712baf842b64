// A deployment of 5,000 DAGs, against DynamoDB Local: what processing one file, one plan and one
// request cost, how long a first push is expected to take, and how many tasks a DAG may have.
import { compile } from "../../src/compiler/compile.ts";
import { MACHINES_PER_SECOND } from "../../src/services/upkeep/pending-machines.ts";
import { startDynamoDbLocal } from "../aws/dynamodb/dynamodb-local.ts";
import { openLargeDeployment } from "../aws/dynamodb/large-deployment.ts";
import { dagDocument, taskDocument } from "../model/documents.ts";
import { inWorkplace } from "./measure.ts";

const DAGS = 5_000;
/**
 * Of an account's 1,000 functions at the same time half process files, and half load their code.
 */
const PROCESSORS = 500;
/** Assumed: seconds of a file for a cold start, for S3, and for the loader's function. */
const FUNCTION_SECONDS = 4;
/** Assumed: seconds of an upload, of which `stepwind push` makes so many at the same time. */
const UPLOAD_SECONDS = 0.05;
const UPLOADS = 16;
/** Step Functions quotas: so many state machines are made at once. */
const AT_ONCE = 100;

export async function benchAwsScale() {
  return inWorkplace({}, async (workplace) => {
    const server = await startDynamoDbLocal();
    const deployment = await openLargeDeployment(server, workplace);
    try {
      await deployment.fill(DAGS);
      await deployment.processFile(1);
      const file = await deployment.processFile(2);
      const plan = await deployment.plan("mine");
      const dag = await deployment.ask("/dags/mine");
      return {
        aws_5000_file_calls: file.calls,
        aws_5000_file_read_units: file.readUnits,
        aws_5000_file_write_units: file.writeUnits,
        aws_5000_file_s: file.seconds,
        aws_5000_plan_calls: plan.calls,
        aws_5000_plan_s: plan.seconds,
        aws_5000_dag_calls: dag.calls,
        aws_5000_dag_s: dag.seconds,
        aws_5000_first_push_s:
          (DAGS / UPLOADS) * UPLOAD_SECONDS +
          (DAGS / PROCESSORS) * (FUNCTION_SECONDS + file.seconds),
        aws_5000_machines_s: (DAGS - AT_ONCE) / MACHINES_PER_SECOND,
        aws_most_tasks_chain: mostTasks((index) => (index === 0 ? [] : [`task_${index - 1}`])),
        aws_most_tasks_parallel: mostTasks(() => []),
      };
    } finally {
      await deployment.close();
      await server.stop();
    }
  });
}

/** What a deployment's machines name: with task functions, which is the default. */
const FUNCTIONS = {
  worker: "Stepwind-worker",
  recorder: "Stepwind-recorder",
  triggerQueueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/Stepwind-triggers",
  task: "Stepwind-task",
  taskRoles: {},
};

/** Tasks that still fit into one state machine, whose definition has 1 MB. */
function mostTasks(upstreamOf: (index: number) => readonly string[]): number {
  const fits = (count: number) => {
    const tasks = Array.from({ length: count }, (_, index) =>
      taskDocument(`task_${index}`, { upstream: [...upstreamOf(index)] }),
    );
    const { diagnostics } = compile(dagDocument({ tasks }), { functions: FUNCTIONS });
    return diagnostics.every(({ severity }) => severity !== "error");
  };
  let [low, high] = [1, 5_000];
  while (high - low > 5) {
    const middle = (low + high) >> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
