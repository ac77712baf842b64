// Random cases that go in stages, so that engines of different speed can be compared: one task is
// held until the run has come to rest, people intervene then, and again once the run has ended.
import type { DagDocument, MappedLength, TaskDocument } from "../../../src/model/document.ts";
import { instancesOfTask } from "../../../src/model/mapping/instances.ts";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import { createRandom } from "../random-dags.ts";
import { createVirtualProduct, type VirtualProduct } from "../virtual-product.ts";
import { intervene, type Wish } from "./interventions.ts";
import { createOutcomes, type Outcome, type Outcomes } from "./outcomes.ts";
import { type RandomCase, randomCase } from "./random-cases.ts";
import { playTry } from "./scripted-tries.ts";

export interface StagedAct {
  readonly act: Wish;
  /** Whether it comes while the task is held; else once nothing goes on any more. */
  readonly isHeld: boolean;
}

export interface StagedCase extends Pick<RandomCase, "document" | "pools" | "outcomes"> {
  /** The first tries of its instances end once the acts of the middle are done. */
  readonly held: string;
  readonly acts: readonly StagedAct[];
}

/** State and try of each instance, by task and index: "success 2". */
export type States = Readonly<Record<string, string>>;

export interface PlayedCase {
  /** When the run was at rest before each act, and at its end. */
  readonly stages: readonly { readonly states: States; readonly runState: string }[];
  /** By act. */
  readonly refused: readonly boolean[];
  /** What the tries came to, by `tryName`. */
  readonly tries: ReadonlyMap<string, Outcome>;
}

const MAX_TASKS = 12;
/** The first tries of the held task take so long in virtual time, in seconds. */
const HOLD = 10_000_000;
const RUN_ID = "r";

/** Undefined where the SDK can't say it, or where nothing is to be held. */
export function stagedCase(seed: number): StagedCase | undefined {
  const drawn = randomCase(seed, { maxTasks: MAX_TASKS, deaths: false });
  const random = createRandom(seed + 700_000);
  const poolOf = (pool: string) => `${pool}_${seed}`;
  const tasks = [...drawn.document.tasks]
    .sort((a, b) => Number(a.taskId.slice(1)) - Number(b.taskId.slice(1)))
    .map((task): TaskDocument => {
      const { pool, sensor } = task;
      return {
        ...task,
        retryDelay: 1,
        ...(pool && { pool: poolOf(pool) }),
        ...(sensor && { sensor: { ...sensor, pokeInterval: 1 } }),
      };
    });
  const plain = tasks.filter(({ sensor }) => !sensor);
  const acts = drawn.interventions.flatMap(({ act }) => (act.kind === "die" ? [] : [act]));
  const document: DagDocument = { ...drawn.document, tasks };
  if (plain.length === 0 || acts.length === 0 || !canBeWritten(document)) return undefined;
  const middle = 1 + random.below(acts.length);
  return {
    document,
    pools: Object.fromEntries(
      Object.entries(drawn.pools).map(([pool, slots]) => [poolOf(pool), slots]),
    ),
    outcomes: drawn.outcomes,
    held: random.pick(plain).taskId,
    acts: acts.map((act, index) => ({ act, isHeld: index < middle })),
  };
}

/** The SDK combines results of tasks only. */
function canBeWritten({ tasks, groups }: DagDocument): boolean {
  const isResult = (list: MappedLength) => typeof list === "object" && "taskId" in list;
  return [...tasks, ...groups]
    .flatMap(({ mapped }) => Object.values(mapped?.over ?? {}))
    .every(
      (list) =>
        typeof list === "number" ||
        isResult(list) ||
        ("zip" in list ? list.zip : "concat" in list ? list.concat : []).every(isResult),
    );
}

function tryName(taskId: string, mapIndex: number, tryNumber: number): string {
  return `${taskId} ${mapIndex} ${tryNumber}`;
}

/** Of all records of a run. */
export function statesOf(document: DagDocument, records: readonly TaskInstanceRecord[]): States {
  return Object.fromEntries(
    document.tasks.flatMap(({ taskId }) => {
      const own = records.filter((record) => record.taskId === taskId);
      return instancesOfTask(document, { taskId }, own).map(({ mapIndex, state, record }) => [
        `${taskId} ${mapIndex}`,
        `${state} ${record?.tryNumber ?? 0}`,
      ]);
    }),
  );
}

/** Plays it in virtual time; with each `draw`, tries take other times, and others get slots first. */
export async function playStaged(testCase: StagedCase, draw = 0): Promise<PlayedCase> {
  const { document, pools, acts } = testCase;
  const run = { dagId: document.dagId, runId: RUN_ID };
  const product = createVirtualProduct();
  const tries = new Map<string, Outcome>();
  const stages: PlayedCase["stages"][number][] = [];
  const refused: boolean[] = [];
  const note = async () => {
    const states = statesOf(document, await product.metadata.taskInstances.list(run));
    stages.push({ states, runState: (await product.getRun(run.dagId, run.runId)).state });
  };
  try {
    for (const [pool, slots] of Object.entries(pools)) {
      await product.metadata.pools.put({ pool, slots, includeDeferred: false });
    }
    const outcomes = timed(testCase, draw, tries);
    product.play((call) => playTry(outcomes, product, call));
    await product.publish(draw === 0 ? document : inOtherOrder(document, draw));
    await product.services.runControl.trigger({ ...run, triggeredBy: "test" });
    for (const { act, isHeld } of acts) {
      await rest(product, isHeld ? HOLD / 2 : Number.POSITIVE_INFINITY);
      await note();
      refused.push(!(await intervene(product.services, run, act)));
    }
    await rest(product, Number.POSITIVE_INFINITY);
    await note();
    return { stages, refused, tries };
  } finally {
    await product.close();
  }
}

/** Who waits first for slots gets them first, and that differs between engines. */
function inOtherOrder(document: DagDocument, draw: number): DagDocument {
  const random = createRandom(draw + 900_000);
  const tasks = document.tasks
    .map((task) => ({ ...task, priorityWeight: random.below(100) }))
    .sort((a, b) => a.priorityWeight - b.priorityWeight);
  return { ...document, tasks };
}

/** Lets time pass until nothing is to come within so many seconds. */
async function rest({ clock, settle }: VirtualProduct, seconds: number): Promise<void> {
  await settle();
  while (clock.nextAt < Number.POSITIVE_INFINITY && clock.nextAt - clock.now() < seconds * 1_000) {
    clock.advanceTo(clock.nextAt);
    await settle();
  }
}

/** The outcomes with times of their own, which are noted down. */
function timed(
  { document, outcomes, held }: StagedCase,
  draw: number,
  tries: Map<string, Outcome>,
): Outcomes {
  const others = createOutcomes(document, draw + 1, { failing: 0, skipping: 0 });
  return (id, tryNumber) => {
    const { pokes, seconds } = others(id, tryNumber);
    const outcome = { ...outcomes(id, tryNumber), pokes, seconds };
    tries.set(tryName(id.taskId, id.mapIndex, tryNumber), outcome);
    return id.taskId === held && tryNumber === 1 ? { ...outcome, seconds: HOLD } : outcome;
  };
}

/** Whether the states hang on nothing but the case, as far as so many draws of times show. */
export async function isSteady(testCase: StagedCase, draws: number): Promise<boolean> {
  const textOf = async (draw: number) => {
    const { stages, refused } = await playStaged(testCase, draw);
    return JSON.stringify([stages, refused]);
  };
  const first = await textOf(0);
  for (let draw = 1; draw < draws; draw += 1) {
    if ((await textOf(draw)) !== first) return false;
  }
  return true;
}
