// Names that clash or are too long: tasks keep their ids where they can.
import { dag, task } from "../../reference/documents.ts";

const long =
  "a_task_id_that_goes_on_and_on_and_on_until_no_state_name_could_hold_all_of_it_any_more";

export const document = dag("names", [
  task("finish"),
  task("parallel 1", ["finish"]),
  task(`${long}_1`, ["finish"], { dependsOnPast: true }),
  task(`${long}_2`, ["finish"]),
]);
