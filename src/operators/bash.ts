// The bash operator: runs a shell command and streams what it prints to the task's log.
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskContext } from "../sdk/context.ts";
import { createPlainError, SkipTask } from "../sdk/errors.ts";
import type { Input } from "../sdk/inputs.ts";
import { createOperator, type Operator, type OperatorCall } from "../sdk/operator.ts";
import { runShell } from "./shell.ts";
import { wrongArgument } from "./wrong-argument.ts";

/** Fields of the bash operator. `bashCommand`, `env` and `cwd` are templates. */
export interface BashOptions<R = string> {
  readonly bashCommand: Input<string>;
  /** The command's whole environment; that of the worker when absent. */
  readonly env?:
    | Readonly<Record<string, Input<string | number>>>
    | Input<Record<string, string | number>>;
  /** Adds `env` to the environment of the worker instead of replacing it. */
  readonly appendEnv?: boolean;
  /** A new temporary directory when absent. */
  readonly cwd?: Input<string>;
  /** Exit codes that skip the task; 99 by default, `null` for none. */
  readonly skipOnExitCode?: number | readonly number[] | null;
  /** Makes the result of the last line printed. */
  readonly outputProcessor?: (lastLine: string) => R;
}

interface BashFields {
  bashCommand: string;
  env: Record<string, string | number>;
  cwd: string;
}

/**
 * Runs a command with bash (Airflow: BashOperator). The result is the last line it prints, "" when
 * it prints nothing. Exit code 99 skips the task, any other but 0 fails it. All processes of the
 * command end with the task: when the task is stopped or out of time its process group gets
 * SIGTERM, and SIGKILL five seconds later.
 *
 * ```ts
 * const date = dag.task("print_date", bash({ bashCommand: 'date -d "{{ ds }}"' }))();
 * ```
 */
export function bash<R = string>(options: BashOptions<R>): Operator<R, BashFields> {
  const {
    bashCommand,
    env,
    cwd,
    appendEnv = false,
    skipOnExitCode = 99,
    outputProcessor,
  } = options;
  const skipCodes = skipOnExitCode === null ? [] : [skipOnExitCode].flat();
  return createOperator({
    name: "bash",
    templateFields: ["bashCommand", "env", "cwd"],
    fields: {
      bashCommand,
      ...(env === undefined ? {} : { env }),
      ...(cwd === undefined ? {} : { cwd }),
    },
    async execute(call) {
      const { exitCode, lastLine } = await runInDirectory(call, { appendEnv });
      if (skipCodes.includes(exitCode)) {
        throw new SkipTask(`Bash command returned exit code ${exitCode}. Skipping.`);
      }
      if (exitCode !== 0) {
        throw createPlainError(
          `Bash command failed. The command returned a non-zero exit code ${exitCode}.`,
        );
      }
      return outputProcessor ? outputProcessor(lastLine) : lastLine;
    },
  });
}

async function runInDirectory(
  { fields, context, ...environment }: OperatorCall,
  { appendEnv }: { readonly appendEnv: boolean },
): ReturnType<typeof runShell> {
  const command = toText(fields.bashCommand, "bashCommand");
  const env = toEnvironment(fields.env, { appendEnv, context });
  if (fields.cwd !== undefined) {
    const cwd = toText(fields.cwd, "cwd");
    await checkDirectory(cwd);
    return runShell({ command, env, cwd, ...environment });
  }
  const cwd = await mkdtemp(join(tmpdir(), "stepwind-"));
  try {
    return await runShell({ command, env, cwd, temporaryFolder: cwd, ...environment });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

async function checkDirectory(cwd: string): Promise<void> {
  const stats = await stat(cwd).catch(() => undefined);
  if (!stats) throw createPlainError(`Can not find the cwd: ${cwd}`);
  if (!stats.isDirectory()) throw createPlainError(`The cwd ${cwd} must be a directory`);
}

/** As Airflow: the ids of the task are in every command's environment. */
function toEnvironment(
  given: unknown,
  { appendEnv, context }: { readonly appendEnv: boolean; readonly context: TaskContext },
): NodeJS.ProcessEnv {
  const ids: NodeJS.ProcessEnv = {
    AIRFLOW_CTX_DAG_OWNER: context.task.owner,
    AIRFLOW_CTX_DAG_ID: context.dagId,
    AIRFLOW_CTX_TASK_ID: context.taskId,
    AIRFLOW_CTX_DAG_RUN_ID: context.runId,
    AIRFLOW_CTX_TRY_NUMBER: String(context.tryNumber),
    ...(context.ts === undefined ? {} : { AIRFLOW_CTX_LOGICAL_DATE: context.ts }),
  };
  if (given === undefined) return { ...process.env, ...ids };
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw wrongArgument("env", "bash", { takes: "an object of texts", given });
  }
  const own = Object.entries(given).map(([name, value]) => [name, toText(value, `env.${name}`)]);
  return { ...(appendEnv ? process.env : {}), ...ids, ...Object.fromEntries(own) };
}

function toText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw wrongArgument(field, "bash", { takes: "a text", given: value });
}
