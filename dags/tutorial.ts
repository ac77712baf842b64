// Airflow's tutorial DAG: three shell tasks, one function task, retries, a cron schedule.
import { chain, Dag } from "stepwind";
import { bash } from "stepwind/operators";

export const dag = new Dag("tutorial", {
  description: "A simple tutorial DAG",
  schedule: "0 6 * * *",
  startDate: "2026-01-01",
  catchup: false,
  tags: ["example"],
  defaultArgs: { retries: 1, retryDelay: "5 minutes" },
});

const printDate = dag.task("print_date", bash({ bashCommand: "date" }))();
const sleep = dag.task("sleep", bash({ bashCommand: "sleep 5" }), { retries: 3 })();
const templated = dag.task("templated", bash({ bashCommand: 'echo "{{ ds }}"' }))();
const greet = dag.task("greet", async ({ date }: { date: string }) => `Hello, it is ${date}`);

chain(printDate, [sleep, templated]); // print_date >> [sleep, templated]
greet({ date: printDate }); //           an input is an edge: print_date >> greet
