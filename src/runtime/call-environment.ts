// Gives each call the environment that the process or thread began with: what a task changes in
// process.env is gone with its call. What a bundle's import sets is kept for calls of that bundle,
// because modules are imported once.

export interface CallEnvironment {
  /** Begins a call: undoes what others have set, and sets what the bundle's import has set. */
  enter(bundleHash: string, fixed?: Readonly<Record<string, string>>): void;
  /** What has been set since `enter` belongs to the bundle. */
  keepFor(bundleHash: string): void;
}

/** Lambda sets it before each call. */
const OF_THE_HOST = "_X_AMZN_TRACE_ID";

type Changes = ReadonlyMap<string, string | undefined>;

/** Takes over `process.env` for good; at most one in a thread. */
export function guardEnvironment(): CallEnvironment {
  const real = process.env;
  const begun: NodeJS.ProcessEnv = { ...real };
  const changed = new Set<string>();
  const kept = new Map<string, Changes>();
  let fixedNames: readonly string[] = [];

  const note = (name: string | symbol): void => {
    if (typeof name === "string" && name !== OF_THE_HOST) changed.add(name);
  };
  // It costs nothing until somebody writes.
  const watched = new Proxy(real, {
    set(target, name, value) {
      note(name);
      return Reflect.set(target, name, value);
    },
    defineProperty(target, name, descriptor) {
      note(name);
      return Reflect.defineProperty(target, name, descriptor);
    },
    deleteProperty(target, name) {
      note(name);
      return Reflect.deleteProperty(target, name);
    },
  });
  process.env = watched;

  function put(name: string, value: string | undefined): void {
    if (value === undefined) delete real[name];
    else real[name] = value;
  }

  return {
    enter(bundleHash, fixed = {}) {
      process.env = watched;
      for (const name of changed) put(name, begun[name]);
      for (const name of fixedNames) if (!(name in fixed)) put(name, begun[name]);
      changed.clear();
      for (const [name, value] of kept.get(bundleHash) ?? []) {
        changed.add(name);
        put(name, value);
      }
      fixedNames = Object.keys(fixed);
      for (const name of fixedNames) put(name, fixed[name]);
    },
    keepFor(bundleHash) {
      if (changed.size === 0) return;
      kept.set(bundleHash, new Map([...changed].map((name) => [name, real[name]])));
    },
  };
}
