// Last pass: what Step Functions would refuse, told here, since emulators check nothing.
import type { State, StateMachine } from "../model/asl.ts";
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument } from "../model/document.ts";
import { literalLength, MAX_INSTANCES } from "../model/mapping/lengths.ts";
import { mappingOf } from "../model/mapping/mapped-tasks.ts";
import type { Draft } from "./draft.ts";
import { countBytes, statesOf } from "./machine-size.ts";
import { FEW_TIMES } from "./retriers.ts";
import { checkFiles, checkRole } from "./task-host.ts";

/** Step Functions quotas: the JSON text of a definition, in bytes. */
const MAX_DEFINITION_BYTES = 1_048_576;
/** Step Functions quotas: events in the history of one execution. */
const MAX_EVENTS = 25_000;
/** Entered, scheduled, started, succeeded or failed, exited. */
const EVENTS_PER_CALL = 5;
/** Submitted. */
const MORE_EVENTS_PER_TOKEN = 1;
/** Failed; scheduled and started once more. */
const EVENTS_PER_RETRY = 3;
/** Entered, started, succeeded, exited. */
const EVENTS_PER_PARALLEL = 4;
/** Started, succeeded. */
const EVENTS_PER_RUN = 2;
/** Step Functions quotas: an execution lasts a year at most, in seconds. */
const A_YEAR = 31_536_000;

/**
 * Adds diagnostics for mappings that are too long, for waits of more than a year, and for a machine
 * that is too large.
 */
export function checkLimits(draft: Draft): Draft {
  const { document, definition } = draft;
  const found = [
    ...checkMapping(document),
    ...checkWaits(document),
    ...checkRole(document, draft.options),
    ...checkFiles(document, draft.options),
    ...checkEvents(draft),
    ...checkSize(document, definition),
  ];
  return { ...draft, diagnostics: [...draft.diagnostics, ...found] };
}

/** As many instances are records of the run, and each is read when the run ends. */
function checkMapping(document: DagDocument): Diagnostic[] {
  const { dagId } = document;
  return document.tasks.flatMap((task): Diagnostic[] => {
    const { taskId } = task;
    const mapping = mappingOf(document, task);
    const length = mapping && literalLength(mapping);
    if (length === undefined || length <= MAX_INSTANCES) return [];
    return [
      {
        code: "mapping-too-long",
        severity: "error",
        dagId,
        taskId,
        message: `Task "${taskId}" of DAG "${dagId}" is mapped over ${length} items, but a task has ${MAX_INSTANCES} instances at most`,
        hint: "Give each instance several items",
      },
    ];
  });
}

function checkWaits(document: DagDocument): Diagnostic[] {
  const { dagId } = document;
  const tooLong = (taskId: string | undefined, option: string, seconds: number | undefined) => {
    if (seconds === undefined || seconds <= A_YEAR) return [];
    const what = taskId === undefined ? `DAG "${dagId}"` : `Task "${taskId}" of DAG "${dagId}"`;
    const diagnostic: Diagnostic = {
      code: "wait-too-long",
      severity: "error",
      dagId,
      ...(taskId === undefined ? {} : { taskId }),
      message: `${what} has a ${option} of ${seconds} seconds, but a run lasts a year at most`,
      hint: `Give ${option} at most ${A_YEAR} seconds`,
    };
    return [diagnostic];
  };
  return [
    ...tooLong(undefined, "dagrunTimeout", document.dagrunTimeout),
    ...document.tasks.flatMap((task) => [
      ...tooLong(task.taskId, "executionTimeout", task.executionTimeout),
      ...tooLong(task.taskId, "retryDelay", task.retryDelay),
      ...tooLong(task.taskId, "maxRetryDelay", task.maxRetryDelay),
      ...tooLong(task.taskId, "timeout", task.sensor?.timeout),
      ...tooLong(task.taskId, "pokeInterval", task.sensor?.pokeInterval),
      ...tooLong(task.taskId, "maxWait", task.sensor?.maxWait),
    ]),
  ];
}

/**
 * Counts what a run writes at most, where every task waits for a worker, retries or has to be taken
 * up, and gates are throttled. Only a queue that takes no message, and a recorder that can't be
 * called at the end, may add to it.
 */
function checkEvents({ document, graph, definition }: Draft): Diagnostic[] {
  const { dagId } = document;
  let events = EVENTS_PER_RUN;
  for (const state of statesOf(definition)) events += eventsOf(state);
  if (events <= MAX_EVENTS) return [];
  return [
    {
      code: "history-too-long",
      severity: "error",
      dagId,
      message: `DAG "${dagId}" has ${graph.tasks.length} tasks: a run would write ${events} events, but Step Functions keeps ${MAX_EVENTS}`,
      hint: "Split it into several DAGs, or do more in each task",
    },
  ];
}

function eventsOf(state: State): number {
  if (state.Type !== "Task") return EVENTS_PER_PARALLEL;
  const hasToken = state.Resource.endsWith(".waitForTaskToken");
  const retries = state.Retry?.includes(FEW_TIMES) ? (FEW_TIMES.MaxAttempts ?? 0) : 0;
  return EVENTS_PER_CALL + (hasToken ? MORE_EVENTS_PER_TOKEN : 0) + retries * EVENTS_PER_RETRY;
}

function checkSize({ dagId, tasks }: DagDocument, definition: StateMachine): Diagnostic[] {
  const bytes = countBytes(definition);
  if (bytes <= MAX_DEFINITION_BYTES) return [];
  return [
    {
      code: "definition-too-large",
      severity: "error",
      dagId,
      message: `DAG "${dagId}" has ${tasks.length} tasks: its state machine would take ${bytes} bytes, but Step Functions takes ${MAX_DEFINITION_BYTES}`,
      hint: "Split it into several DAGs, or do more in each task",
    },
  ];
}
