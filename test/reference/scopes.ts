// The scopes of setups, straight from Airflow's words and without the product's own code: sets of
// everything above and below each task.
import type { TaskDocument } from "../../src/model/document.ts";

export interface Scopes {
  /** Setups that the task needs though they are not right above it. */
  setups(taskId: string): readonly string[];
  /** Of a teardown: what must have ended though it is not right above it. */
  between(taskId: string): readonly string[];
  /** Tasks for which the task is one of those. */
  watchers(taskId: string): readonly string[];
}

export function findScopes(
  tasks: readonly TaskDocument[],
  followers: ReadonlyMap<string, readonly string[]>,
): Scopes {
  const byId = new Map(tasks.map((task) => [task.taskId, task]));
  const reach = (from: readonly string[], next: (id: string) => readonly string[]) => {
    const found = new Set(from);
    for (const id of found) for (const other of next(id)) found.add(other);
    return found;
  };
  const above = (id: string) =>
    reach(byId.get(id)?.upstream ?? [], (other) => byId.get(other)?.upstream ?? []);
  const below = (id: string) =>
    reach(followers.get(id) ?? [], (other) => followers.get(other) ?? []);
  const isSetup = (id: string) => byId.get(id)?.isSetup === true;
  const isTeardown = (id: string) => byId.get(id)?.isTeardown === true;
  const isExempt = (id: string) => byId.get(id)?.triggerRule === "always";

  const setups = (taskId: string): readonly string[] => {
    if (isTeardown(taskId) || isExempt(taskId)) return [];
    const later = below(taskId);
    return [...above(taskId)].filter((id) => {
      if (!isSetup(id) || byId.get(taskId)?.upstream.includes(id)) return false;
      const teardowns = (followers.get(id) ?? []).filter(isTeardown);
      return teardowns.length === 0 || teardowns.some((each) => later.has(each));
    });
  };
  const between = (taskId: string): readonly string[] => {
    if (!isTeardown(taskId) || isExempt(taskId)) return [];
    const direct = byId.get(taskId)?.upstream ?? [];
    const inScope = new Set(direct.filter(isSetup).flatMap((id) => [...below(id)]));
    return [...above(taskId)].filter((id) => inScope.has(id) && !direct.includes(id));
  };
  if (!tasks.some((task) => task.isSetup)) {
    return { setups: () => [], between: () => [], watchers: () => [] };
  }
  const awaited = new Map(
    tasks.map(({ taskId }) => [taskId, { setups: setups(taskId), between: between(taskId) }]),
  );
  return {
    setups: (taskId) => awaited.get(taskId)?.setups ?? [],
    between: (taskId) => awaited.get(taskId)?.between ?? [],
    watchers: (taskId) =>
      [...awaited].flatMap(([id, own]) =>
        own.setups.includes(taskId) || own.between.includes(taskId) ? [id] : [],
      ),
  };
}
