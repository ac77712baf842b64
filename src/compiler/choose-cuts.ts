// Chooses which tasks wait at a gate where the order that is needed doesn't nest: a local search
// for few gates.
//
// A set of cuts is feasible if every block can be split to the end. Splitting in sequence takes
// nothing away and splitting in parallel loses no need, so both are always right when possible; a
// block that neither can split needs another cut, whatever else is done. So feasibility is decided
// without search, and only the cuts are searched: cut at random until it fits, take back what was
// not needed, then again and again undo a few cuts and repair.
import type { AllowedOrder } from "./draft.ts";
import { type Block, createSplitter } from "./split-block.ts";

/**
 * Bounds of the search, by count and never by time, so that the same document gives the same bytes.
 */
const MAX_ROUNDS = 200;
const MAX_VISITS = 4_000_000;
/** Cuts undone at once: more finds better sets rarely, fewer gets stuck. */
const MAX_UNDONE = 4;

/**
 * Answers 1 for each task that is not ordered after what it needs, and so waits at a gate, else
 * 0. With few gates as the aim; zero where the DAG nests. A task that has a gate anyway costs
 * nothing to cut, and is cut only if that helps.
 */
export function chooseCuts(order: AllowedOrder): Uint8Array {
  const { needs, gated } = order;
  const all: Block = needs.map((_, task) => task);
  const splitter = createSplitter(order);
  const random = createRandom(all.length);
  const inBlock = new Uint8Array(all.length);
  let visits = 0;

  /**
   * Splits until nothing is left or `onStuck` gives up. It must cut one of the block, or answer
   * false.
   */
  function splitAll(cut: Uint8Array, onStuck: (block: Block) => boolean): boolean {
    const open: Block[] = [all];
    for (let block = open.pop(); block; block = open.pop()) {
      visits += block.length;
      if (block.length < 2) continue;
      let parts = splitter.inSequence(block);
      if (parts.length === 1) parts = splitter.inParallel(block, cut);
      if (parts.length > 1) open.push(...parts);
      else if (onStuck(block)) open.push(block);
      else return false;
    }
    return true;
  }

  function cutOneOf(cut: Uint8Array, block: Block): void {
    for (const task of block) inBlock[task] = 1;
    const needy = block.filter(
      (task) => !cut[task] && needs[task]?.some((other) => inBlock[other]),
    );
    for (const task of block) inBlock[task] = 0;
    const free = needy.findLast((task) => gated[task]);
    cut[free ?? needy[random(needy.length)] ?? 0] = 1;
  }

  const repair = (cut: Uint8Array) =>
    splitAll(cut, (block) => {
      cutOneOf(cut, block);
      return true;
    });
  const isFeasible = (cut: Uint8Array) => splitAll(cut, () => false);

  /** Takes back cuts in random order, those that cost a gate first, as long as it still fits. */
  function takeBack(cut: Uint8Array): void {
    const tasks = shuffle(listCuts(cut), random);
    for (const task of [...tasks.filter((id) => !gated[id]), ...tasks.filter((id) => gated[id])]) {
      if (visits > MAX_VISITS) return;
      cut[task] = 0;
      if (!isFeasible(cut)) cut[task] = 1;
    }
  }

  /** One for each cut, and far more for each gate that it causes. */
  const cost = (cut: Uint8Array) =>
    listCuts(cut).reduce((sum, task) => sum + (gated[task] ? 1 : all.length + 1), 0);

  let best = new Uint8Array(all.length);
  if (isFeasible(best)) return best;
  repair(best);
  takeBack(best);
  let lowest = cost(best);
  for (let round = 0; round < MAX_ROUNDS && visits < MAX_VISITS; round += 1) {
    const cut = best.slice();
    const cuts = shuffle(listCuts(cut), random);
    for (const task of cuts.slice(0, 1 + random(MAX_UNDONE))) cut[task] = 0;
    repair(cut);
    takeBack(cut);
    const found = cost(cut);
    // An equally good set is taken too: it moves the search along.
    if (found > lowest) continue;
    best = cut;
    lowest = found;
  }
  return best;
}

function listCuts(cut: Uint8Array): number[] {
  const tasks: number[] = [];
  for (const [task, isCut] of cut.entries()) if (isCut) tasks.push(task);
  return tasks;
}

function shuffle(tasks: number[], random: (below: number) => number): number[] {
  for (let at = tasks.length - 1; at > 0; at -= 1) {
    const other = random(at + 1);
    const task = tasks[at] ?? 0;
    tasks[at] = tasks[other] ?? 0;
    tasks[other] = task;
  }
  return tasks;
}

/** Integers from 0 to below the bound, the same on every call (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
