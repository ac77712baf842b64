// Splits a set of tasks into parts that follow each other, or that have nothing to do with each
// other: one step of finding the series-parallel order.

import { addBit, createBitRow, firstOutside } from "./bit-rows.ts";
import type { AllowedOrder } from "./draft.ts";

/** Tasks by index, ascending. */
export type Block = readonly number[];

export interface Splitter {
  /** Parts that may follow each other, in order; the block itself if there is only one. */
  inSequence(block: Block): readonly Block[];
  /**
   * Parts between which no need is left, where tasks in `cut` need nothing; the block itself if
   * there is only one.
   */
  inParallel(block: Block, cut: Uint8Array): readonly Block[];
}

export function createSplitter({ before, needs }: AllowedOrder): Splitter {
  const members = createBitRow(before.length);
  const parent = new Int32Array(before.length).fill(-1);

  function rootOf(task: number): number {
    let root = task;
    for (let next = parent[root] ?? root; next !== root; next = parent[root] ?? root) {
      parent[root] = parent[next] ?? next;
      root = next;
    }
    return root;
  }

  return {
    // Between two parts every pair is ordered, so the later part begins at a task from which on
    // nobody lacks anyone of the earlier one. `block` is in topological order, so parts are slices
    // of it.
    inSequence(block) {
      const firstWord = (block[0] ?? 0) >>> 5;
      for (const task of block) addBit(members, task);
      const parts: Block[] = [];
      let end = block.length;
      let lacking = before.length;
      for (let at = block.length - 1; at >= 0; at -= 1) {
        const task = block[at] ?? 0;
        const first = firstOutside(members, before[task] ?? members, firstWord);
        if (first < lacking) lacking = first;
        if (lacking === task) {
          parts.push(at === 0 && end === block.length ? block : block.slice(at, end));
          end = at;
        }
      }
      for (const task of block) members[task >>> 5] = 0;
      return parts.reverse();
    },

    inParallel(block, cut) {
      for (const task of block) parent[task] = task;
      let count = block.length;
      for (const task of block) {
        if (cut[task]) continue;
        for (const other of needs[task] ?? []) {
          if (parent[other] === -1) continue;
          const [a, b] = [rootOf(task), rootOf(other)];
          if (a === b) continue;
          parent[Math.max(a, b)] = Math.min(a, b);
          count -= 1;
        }
      }
      const parts = count === 1 ? [block] : collect(block, rootOf);
      for (const task of block) parent[task] = -1;
      return parts;
    },
  };
}

function collect(block: Block, rootOf: (task: number) => number): Block[] {
  const parts = new Map<number, number[]>();
  for (const task of block) {
    const root = rootOf(task);
    const part = parts.get(root);
    if (part) part.push(task);
    else parts.set(root, [task]);
  }
  return [...parts.values()];
}
