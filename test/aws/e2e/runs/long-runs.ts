// DAGs whose runs last as long as a test wants, and tell the catcher of every try: when it starts,
// and when it ends well.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";

/** Writes the DAG files to `dags/` in the folder. Every task of theirs returns the word. */
export function writeLongDags(folder: string, word: string): void {
  const dags = join(folder, "dags");
  mkdirSync(dags, { recursive: true });
  writeFileSync(join(dags, "long_chain.ts"), CHAIN);
  writeFileSync(join(dags, "long_crossing.ts"), CROSSING);
  writeFileSync(join(dags, "steps.ts"), steps(word));
}

/** Lets the run's tasks that wait go on. */
export async function letGo(runId: string): Promise<void> {
  await post(`go ${runId}`);
}

/** What each task of the run has told so far, such as "start 1", "end 1", in order. */
export async function tellings(
  dagId: string,
  runId: string,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const told: Record<string, string[]> = {};
  const texts: readonly string[] = JSON.parse(await (await fetch(inject("catcher"))).text());
  for (const text of texts) {
    const [mark, dag, run, taskId = "", what, tryNumber] = text.split(" ");
    if (mark !== MARK || dag !== dagId || run !== runId) continue;
    told[taskId] = [...(told[taskId] ?? []), `${what} ${tryNumber}`];
  }
  return told;
}

const MARK = "long-runs";

async function post(text: string): Promise<void> {
  await fetch(inject("catcher"), { method: "POST", body: JSON.stringify({ text }) });
}

const CHAIN = `import { chain, Dag } from "stepwind";
import { step, waits } from "./steps.ts";
export const dag = new Dag("long_chain", { schedule: null });
chain(step(dag, "first"), step(dag, "sleeps", waits, { retries: 1, retryDelay: 1 }), step(dag, "last"));
`;

/** Its edges cross, so "d" waits at a gate while "b" waits for its next try. */
const CROSSING = `import { Dag } from "stepwind";
import { failsAtFirst, step } from "./steps.ts";
export const dag = new Dag("long_crossing", { schedule: "@daily", startDate: "2099-01-01" });
const again = { retries: 99, retryDelay: 10 };
const [a, b, c] = [step(dag, "a"), step(dag, "b", failsAtFirst, again), step(dag, "c")];
const [d, e, f] = [step(dag, "d"), step(dag, "e"), step(dag, "f")];
a.before(c, d);
b.before(d, e);
c.before(f);
e.before(f);
`;

const steps = (word: string) => `import { type Dag, getContext } from "stepwind";
const CATCHER = ${JSON.stringify(inject("catcher"))};
const post = (text: string) => fetch(CATCHER, { method: "POST", body: JSON.stringify({ text }) });
const mayGo = async () => (await (await fetch(CATCHER)).json()).includes("go " + getContext().runId);
export async function waits() {
  while (!(await mayGo())) await new Promise((resolve) => setTimeout(resolve, 200));
}
export async function failsAtFirst() {
  if (!(await mayGo())) throw new Error("as planned");
}
export const step = (dag: Dag, id: string, work = async () => {}, options = {}) =>
  dag.task(id, async () => {
    const { dagId, runId, taskId, tryNumber } = getContext();
    const tell = (what: string) => post(["${MARK}", dagId, runId, taskId, what, tryNumber].join(" "));
    await tell("start");
    await work();
    await tell("end");
    return ${JSON.stringify(word)};
  }, options)();
`;
