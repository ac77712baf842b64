// Task instances that a command is about, as a table.
import type { Session } from "../../session.ts";
import { toStateText } from "../../terminal/paint.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column } from "../../terminal/table.ts";
import type { TaskInstanceAnswer } from "../task/task-commands.ts";

export interface InstanceAnswer
  extends Pick<TaskInstanceAnswer, "task_id" | "map_index" | "state"> {
  readonly dag_run_id: string;
}

export async function printInstances(
  session: Session,
  instances: readonly InstanceAnswer[],
): Promise<void> {
  const { paint } = session;
  const isMapped = instances.some((each) => each.map_index >= 0);
  const columns: readonly Column<InstanceAnswer>[] = [
    { name: "run_id", value: (each) => each.dag_run_id },
    { name: "task_id", value: (each) => each.task_id, paint: paint.bold },
    ...(isMapped
      ? [
          {
            name: "map_index",
            value: (each: InstanceAnswer) => (each.map_index < 0 ? "-" : String(each.map_index)),
          },
        ]
      : []),
    {
      name: "state",
      value: (each) => toStateText(each.state),
      paint: (text, each) => paint.state(each.state, text),
    },
  ];
  await printRows(session, instances, { columns, output: "table" });
}
