// Sets of task indexes as rows of bits, so that the compiler's order analysis stays fast on
// thousands of tasks.

/** A set of small integers: bit `i % 32` of word `i / 32` says whether `i` is in it. */
export type BitRow = Uint32Array;

/** Empty sets over `0 … columns − 1`, in one piece of memory. */
export function createBitRows(count: number, columns: number): BitRow[] {
  const words = (columns + 31) >>> 5;
  const memory = new Uint32Array(count * words);
  return Array.from({ length: count }, (_, row) => memory.subarray(row * words, (row + 1) * words));
}

/** An empty set over `0 … columns − 1`. */
export function createBitRow(columns: number): BitRow {
  return new Uint32Array((columns + 31) >>> 5);
}

export function hasBit(row: BitRow, index: number): boolean {
  return ((row[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
}

export function addBit(row: BitRow, index: number): void {
  row[index >>> 5] = (row[index >>> 5] ?? 0) | (1 << (index & 31));
}

export function removeBit(row: BitRow, index: number): void {
  row[index >>> 5] = (row[index >>> 5] ?? 0) & ~(1 << (index & 31));
}

/** Makes `row` the union of both. */
export function addAll(row: BitRow, other: BitRow): void {
  for (let word = 0; word < row.length; word += 1) {
    row[word] = (row[word] ?? 0) | (other[word] ?? 0);
  }
}

/** Makes `row` what both have in common. */
export function keepAll(row: BitRow, other: BitRow): void {
  for (let word = 0; word < row.length; word += 1) {
    row[word] = (row[word] ?? 0) & (other[word] ?? 0);
  }
}

/**
 * The smallest member of `row` that is not in `other`; −1 if there is none. Looks from word `from`
 * on.
 */
export function firstOutside(row: BitRow, other: BitRow, from = 0): number {
  for (let word = from; word < row.length; word += 1) {
    const bits = (row[word] ?? 0) & ~(other[word] ?? 0);
    if (bits !== 0) return (word << 5) + lowestBit(bits);
  }
  return -1;
}

/** Members in ascending order, as they are when asked. */
export function bitsOf(row: BitRow): number[] {
  const members: number[] = [];
  for (let word = 0; word < row.length; word += 1) {
    for (let bits = row[word] ?? 0; bits !== 0; bits &= bits - 1) {
      members.push((word << 5) + lowestBit(bits));
    }
  }
  return members;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
