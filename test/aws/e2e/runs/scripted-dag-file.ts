// Random DAGs as a DAG file, as a user would write them: tries do what a script says.
import type { DagDocument, MappedLength, TaskDocument } from "../../../../src/model/document.ts";
import type { SteadyDag } from "../../../reference/steady-dags.ts";

/** What one try does. */
export interface ScriptedDagTry {
  /** Pokes that say "not yet" before the end. */
  readonly pokes?: number;
  /** How long the try takes, or each poke. */
  readonly ms: number;
  readonly ending: "success" | "skipped" | "failed" | "fatal";
  readonly value?: unknown;
  /** Whether it ends only once the variable `go_` with the DAG's id is set. */
  readonly isHeld?: boolean;
}

export interface ScriptedDag {
  readonly document: DagDocument;
  /** By task, index and try: "t1 -1 2". One that is missing fails for good. */
  readonly tries: Readonly<Record<string, ScriptedDagTry>>;
}

/** Whose tasks have one try each. */
export function toScripted({ document, script }: SteadyDag): ScriptedDag {
  const tries = document.tasks.map(({ taskId }) => {
    const { duration = 0, outcome = "success", label, passes } = script[taskId] ?? {};
    const value = label ?? passes;
    return [`${taskId} -1 1`, { ms: Math.ceil(duration), ending: outcome, value }] as const;
  });
  return { document, tries: Object.fromEntries(tries) };
}

/** One file that builds every DAG with the SDK. */
export function scriptedDagFile(dags: readonly ScriptedDag[]): string {
  return [
    `import { Dag, FailTask, PokeReturnValue, SkipTask, getClient, getContext } from "stepwind";`,
    PLAY,
    ...dags.map(
      ({ document, tries }, index) =>
        `export const dag${index} = (() => {\nconst tries = ${JSON.stringify(tries)};\n${writeDag(document)}return dag;\n})();`,
    ),
  ].join("\n");
}

const PLAY = `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function play(tries) {
  const { dagId, taskId, mapIndex, tryNumber } = getContext();
  const script = tries[[taskId, mapIndex, tryNumber].join(" ")];
  if (!script) throw new FailTask("not in the script");
  if (script.isHeld) while ((await getClient().getVariable("go_" + dagId)) === null) await sleep(200);
  await sleep(script.ms);
  return script;
}
function end({ ending, value }) {
  if (ending === "failed") throw new Error("as scripted");
  if (ending === "fatal") throw new FailTask("as scripted");
  if (ending === "skipped") throw new SkipTask("as scripted");
  return value ?? null;
}
const work = (tries) => async () => end(await play(tries));
const poke = (tries) => async () => {
  const script = await play(tries);
  const { taskStateStore } = getClient();
  const key = "pokes_" + getContext().tryNumber;
  const done = (await taskStateStore.get(key)) ?? 0;
  if (done < (script.pokes ?? 0)) {
    await taskStateStore.set(key, done + 1);
    return false;
  }
  return new PokeReturnValue(true, end(script));
};`;

/** Statements that draw the DAG; tasks are named `t` by their ids. */
function writeDag({ dagId, tasks, groups, maxActiveTasks }: DagDocument): string {
  const lines = [`const dag = new Dag("${dagId}", ${text({ schedule: null, maxActiveTasks })});`];
  const opened = new Set<string>();
  for (const task of tasks) {
    const group = groups.find(({ groupId }) => groupId === task.groupId);
    if (group && !opened.has(group.groupId)) {
      opened.add(group.groupId);
      const lists = group.mapped ? `.expand(${writeLists(group.mapped.over)})` : "";
      lines.push(
        `const ${group.groupId} = dag.taskGroup("${group.groupId}", { prefixGroupId: false })${lists};`,
      );
    }
    lines.push(writeTask(task, group?.groupId ?? "dag"));
  }
  const setups = new Set(tasks.flatMap(({ taskId, isSetup }) => (isSetup ? [taskId] : [])));
  for (const { taskId, upstream, decision, isSetup, isTeardown, onFailureFailDagrun } of tasks) {
    if (isSetup) lines.push(`${taskId}.asSetup();`);
    if (isTeardown) {
      const own = upstream.filter((each) => setups.has(each)).join(", ");
      lines.push(`${taskId}.asTeardown({ setups: [${own}], ${flag({ onFailureFailDagrun })} });`);
    }
    if (upstream.length > 0) lines.push(`${taskId}.after(${upstream.join(", ")});`);
    if (decision?.kind === "branch") {
      const cases = Object.entries(decision.cases).map(
        ([label, ids]) => `${label}: ${ids.length > 0 ? `[${ids.join(", ")}]` : "null"}`,
      );
      lines.push(`dag.branch(${taskId}, { ${cases.join(", ")} });`);
    } else if (decision?.kind === "short-circuit") {
      const { ignoreDownstreamTriggerRules } = decision;
      lines.push(`dag.shortCircuit(${taskId}, ${text({ ignoreDownstreamTriggerRules })});`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function writeTask(task: TaskDocument, scope: string): string {
  const { taskId, triggerRule, isTeardown, sensor, mapped } = task;
  const { retries, retryDelay, priorityWeight, pool, poolSlots, maxActiveTisPerDagrun } = task;
  const options = text({
    ...(!isTeardown && { triggerRule }),
    retries,
    retryDelay,
    priorityWeight,
    pool,
    poolSlots,
    maxActiveTisPerDagrun,
    pokeInterval: sensor?.pokeInterval,
  });
  const declared = sensor
    ? `${scope}.sensor("${taskId}", poke(tries), ${options})`
    : `${scope}.task("${taskId}", work(tries), ${options})`;
  const place = mapped ? `.expand(${writeLists(mapped.over)})` : "()";
  return `const ${taskId} = ${declared}${place};`;
}

function writeLists(over: Readonly<Record<string, MappedLength>>): string {
  const lists = Object.entries(over).map(([name, list]) => `${name}: ${writeList(list)}`);
  return `{ ${lists.join(", ")} }`;
}

function writeList(list: MappedLength): string {
  if (typeof list === "number") return text(Array.from({ length: list }, (_, index) => index));
  if ("taskId" in list) return list.taskId;
  const [first = "[]", ...others] = ("zip" in list ? list.zip : list.concat).map(writeList);
  if ("concat" in list) return `${first}.concat(${others.join(", ")})`;
  return `${first}.zip(${[...others, ...(list.longest ? ["{ fillvalue: null }"] : [])].join(", ")})`;
}

const text = (value: unknown) => JSON.stringify(value);

function flag(flags: Readonly<Record<string, boolean | undefined>>): string {
  return Object.entries(flags)
    .flatMap(([name, isSet]) => (isSet ? [`${name}: true`] : []))
    .join(", ");
}
