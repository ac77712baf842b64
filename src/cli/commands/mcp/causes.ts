// Which failures caused which, by the edges of a DAG.

export interface TaskEdges {
  readonly taskId: string;
  readonly downstream: readonly string[];
}

export interface Causes {
  /** Whether no failed task is above it. */
  isRoot(taskId: string): boolean;
  /** The failed tasks above it that are roots. */
  above(taskId: string): readonly string[];
  /** What is right above it. */
  upstream(taskId: string): readonly string[];
}

export function causesOf(tasks: readonly TaskEdges[], failed: readonly string[]): Causes {
  const upstream = new Map<string, string[]>();
  for (const { taskId, downstream } of tasks) {
    for (const below of downstream) upstream.set(below, [...(upstream.get(below) ?? []), taskId]);
  }
  const isFailed = new Set(failed);

  function failedAbove(taskId: string): ReadonlySet<string> {
    const seen = new Set<string>();
    const left = [...(upstream.get(taskId) ?? [])];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      left.push(...(upstream.get(next) ?? []));
    }
    return new Set([...seen].filter((each) => isFailed.has(each)));
  }

  const isRoot = (taskId: string) => failedAbove(taskId).size === 0;
  return {
    isRoot,
    above: (taskId) => [...failedAbove(taskId)].filter(isRoot).sort(),
    upstream: (taskId) => upstream.get(taskId) ?? [],
  };
}
