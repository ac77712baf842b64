// Where everyone starts: two tasks in a row, every morning at six. `print_hello` is a shell command, `print_world` a
// function; the second waits for its own success of the day before.
import { Dag } from "stepwind";
import { bash } from "stepwind/operators";

export const dag = new Dag("hello_world", {
  description: "Hello world",
  schedule: "0 6 * * *",
  startDate: "2026-01-01",
  tags: ["my_dags"],
  defaultArgs: { owner: "me", retries: 3, retryDelay: "5 minutes" },
});

const printHello = dag.task("print_hello", bash({ bashCommand: "echo Hello" }))();

const printWorld = dag.task(
  "print_world",
  async () => {
    console.log("world");
  },
  { dependsOnPast: true },
)();

printHello.before(printWorld); // print_hello >> print_world
