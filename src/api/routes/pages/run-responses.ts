// Tasks, states and runs as they are answered below `/ui/`.
import type { DagDocument } from "../../../model/document.ts";
import {
  type ShapedGroup,
  type ShapedTask,
  shapedGroups,
  shapedTasks,
} from "../../../model/summaries/dag-shape.ts";
import type { TaskStates } from "../../../model/summaries/run-outcome.ts";
import type { GridRun } from "../../../services/summaries/run-grid.ts";
import type { Schema } from "../../document/shapes.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";
import { toFailure } from "./list-responses.ts";

export function toTasks(document: DagDocument): readonly Schema<"UiTask">[] {
  return shapedTasks(document).map(toTask);
}

function toTask(task: ShapedTask): Schema<"UiTask"> {
  return {
    id: task.taskId,
    label: task.label,
    operator: task.operator,
    trigger_rule: task.triggerRule,
    group_id: task.groupId ?? null,
    depth: task.depth,
    is_mapped: task.isMapped,
    is_setup: task.isSetup,
    is_teardown: task.isTeardown,
  };
}

export function toGroups(document: DagDocument): readonly Schema<"UiGroup">[] {
  return shapedGroups(document).map(toGroup);
}

function toGroup(group: ShapedGroup): Schema<"UiGroup"> {
  return {
    id: group.groupId,
    label: group.label,
    parent_id: group.parentId ?? null,
    is_mapped: group.isMapped,
    tooltip: group.tooltip ?? null,
  };
}

export function toStates({ letters, mapped }: TaskStates): Schema<"UiStates"> {
  return { s: letters, mapped };
}

export function toGridRun({ run, versionNumber, states }: GridRun): Schema<"UiGridRun"> {
  return {
    dag_run_id: run.runId,
    run_after: toWireDate(run.runAfter),
    logical_date: toWireDateOrNull(run.logicalDate),
    start_date: toWireDateOrNull(run.startDate),
    end_date: toWireDateOrNull(run.endDate),
    state: run.state,
    run_type: run.runType,
    triggered_by: run.triggeredBy,
    triggering_user_name: run.triggeringUserName ?? null,
    version_number: versionNumber,
    note: run.note ?? null,
    failure: toFailure(run.failure),
    states: states ? toStates(states) : null,
  };
}
