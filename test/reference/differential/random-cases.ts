// Random cases for the differential test, from seeds: a small DAG that has all that a DAG may have,
// what its tries do, its pools, and what people do to the run meanwhile.
import type { DagDocument, MappedLength, TaskDocument } from "../../../src/model/document.ts";
import { createRandom, type Random, randomDocument } from "../random-dags.ts";
import { drawInterventions, type Intervention } from "./interventions.ts";
import { createOutcomes, type Outcomes } from "./outcomes.ts";

export interface RandomCase {
  readonly seed: number;
  readonly document: DagDocument;
  readonly outcomes: Outcomes;
  /** Slots by name. */
  readonly pools: Readonly<Record<string, number>>;
  readonly interventions: readonly Intervention[];
  /** Tries at the same time on one machine. */
  readonly threads: number;
}

export interface CaseOptions {
  /** 14 when absent. */
  readonly maxTasks?: number;
  /** Whether the engine may die in between; true when absent. */
  readonly deaths?: boolean;
}

const POOLS = ["p0", "p1"];
const GROUP = "mg";

export function randomCase(
  seed: number,
  { maxTasks = 14, deaths = true }: CaseOptions = {},
): RandomCase {
  const random = createRandom(seed + 500_000);
  let drawn: DagDocument;
  let attempt = seed;
  do {
    drawn = randomDocument(attempt, { maxTasks, setups: random.chance(0.4) });
    attempt += 1_000_003;
  } while (drawn.tasks.length < 3);
  const pools = Object.fromEntries(POOLS.map((pool) => [pool, 1 + random.below(3)]));
  const byPlace = [...drawn.tasks].sort((a, b) => placeOf(a) - placeOf(b));
  const mapped = withMappedGroup(random, withMapped(random, byPlace));
  const tasks = mapped.tasks.map((task) => withSettings(random, task, pools));
  const order = new Map(drawn.tasks.map(({ taskId }, index) => [taskId, index]));
  const document: DagDocument = {
    ...drawn,
    dagId: `case_${seed}`,
    tasks: tasks.sort((a, b) => (order.get(a.taskId) ?? 0) - (order.get(b.taskId) ?? 0)),
    groups: mapped.over ? [{ groupId: GROUP, mapped: { over: { item: mapped.over } } }] : [],
    ...(random.chance(0.15) && { maxActiveTasks: 1 + random.below(4) }),
  };
  const rates = { failing: random.next() * 0.4, skipping: random.next() * 0.2 };
  return {
    seed,
    document,
    outcomes: createOutcomes(document, seed, rates),
    pools,
    interventions: drawInterventions(random, document).filter(
      ({ act }) => deaths || act.kind !== "die",
    ),
    threads: random.chance(0.2) ? 1 + random.below(4) : 1_000,
  };
}

function placeOf({ taskId }: TaskDocument): number {
  return Number(taskId.slice(1));
}

/** A mapped task needs its sources above it, and no rule that ignores them. */
function follow(task: TaskDocument, over: Readonly<Record<string, MappedLength>>): TaskDocument {
  const sources = Object.values(over).flatMap((list) => sourcesIn(list));
  return {
    ...task,
    upstream: [...new Set([...task.upstream, ...sources])],
    triggerRule: task.triggerRule === "always" ? "all_done" : task.triggerRule,
  };
}

function sourcesIn(list: MappedLength): readonly string[] {
  if (typeof list === "number") return [];
  if ("taskId" in list) return [list.taskId];
  return ("zip" in list ? list.zip : list.concat).flatMap(sourcesIn);
}

const isSpecial = ({ isSetup, isTeardown }: TaskDocument) =>
  isSetup === true || isTeardown === true;

/** A number, a result, or lists of such. */
function drawLength(random: Random, sources: readonly string[]): MappedLength {
  if (sources.length === 0 || random.chance(0.2)) return 1 + random.below(3);
  const result = () => ({ taskId: random.pick(sources) });
  if (random.chance(0.85)) return result();
  const lists = [result(), random.chance(0.5) ? result() : 2];
  return random.chance(0.5) ? { concat: lists } : { zip: lists, longest: random.chance(0.5) };
}

/** Some tasks are mapped by themselves. */
function withMapped(random: Random, tasks: readonly TaskDocument[]): readonly TaskDocument[] {
  const rate = random.chance(0.7) ? 0.3 : 0;
  return tasks.map((task, index) => {
    if (isSpecial(task) || task.decision || !random.chance(rate)) return task;
    const sources = tasks
      .slice(0, index)
      .flatMap((each) => (each.decision || each.isTeardown ? [] : [each.taskId]));
    const over: Record<string, MappedLength> = { a: drawLength(random, sources) };
    if (random.chance(0.15)) over.b = 2;
    return { ...follow(task, over), mapped: { over } };
  });
}

/** A few neighbours are in one mapped group, over what is above all of them. */
function withMappedGroup(
  random: Random,
  tasks: readonly TaskDocument[],
): { readonly tasks: readonly TaskDocument[]; readonly over?: MappedLength } {
  if (!random.chance(0.35)) return { tasks };
  const begin = random.below(tasks.length);
  const members = new Set(
    tasks
      .slice(begin, begin + 2 + random.below(4))
      .filter((task) => !isSpecial(task) && !task.mapped)
      .map(({ taskId }) => taskId),
  );
  if (members.size === 0) return { tasks };
  const sources = tasks
    .slice(0, begin)
    .flatMap((each) => (each.decision || each.isTeardown ? [] : [each.taskId]));
  const over = drawLength(random, sources);
  const below = (taskId: string) =>
    tasks.filter(({ upstream }) => upstream.includes(taskId)).map((each) => each.taskId);
  const grouped = tasks.map((task) => {
    if (!members.has(task.taskId)) return task;
    const isRoot = !task.upstream.some((above) => members.has(above));
    const inside = { ...follow(task, isRoot ? { item: over } : {}), groupId: GROUP };
    return withInnerDecision(
      inside,
      below(task.taskId).every((each) => members.has(each)),
    );
  });
  return { tasks: grouped, over };
}

/** A decision of one index concerns its own group alone. */
function withInnerDecision(task: TaskDocument, isInside: boolean): TaskDocument {
  const { decision, ...plain } = task;
  if (!decision || !isInside) return plain;
  if (decision.kind !== "short-circuit") return task;
  return { ...task, decision: { ...decision, ignoreDownstreamTriggerRules: false } };
}

function withSettings(
  random: Random,
  task: TaskDocument,
  pools: RandomCase["pools"],
): TaskDocument {
  const pool = random.chance(0.3) ? random.pick(POOLS) : undefined;
  const isSensor = !task.decision && random.chance(0.15);
  const isMapped = task.mapped !== undefined || task.groupId !== undefined;
  return {
    ...task,
    retries: random.chance(0.4) ? 1 + random.below(2) : 0,
    retryDelay: random.pick([0, 5, 60]),
    priorityWeight: 1 + random.below(5),
    ...(pool && { pool, poolSlots: 1 + random.below(pools[pool] ?? 1) }),
    ...(isSensor && {
      sensor: {
        pokeInterval: random.pick([1, 20]),
        timeout: 604_800,
        softFail: false,
        exponentialBackoff: false,
      },
    }),
    ...(isMapped && random.chance(0.2) && { maxActiveTisPerDagrun: 1 + random.below(2) }),
  };
}
