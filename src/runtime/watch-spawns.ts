// Marks the processes that user code starts with node:child_process, and says when it starts some.
import type { ChildProcess } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { MARK } from "./marked-processes.ts";

export interface SpawnWatcher {
  /** The mark of the call that starts a process; undefined when none does. */
  mark(): string | undefined;
  /** `child` is absent when the call waits for the process itself (`execSync`). */
  spawning(child?: ChildProcess): void;
}

/** What Node's own code hands to `ChildProcess.prototype.spawn`. */
interface SpawnOptions {
  envPairs?: string[];
}

const BLOCKING = ["spawnSync", "execSync", "execFileSync"] as const;
const NAMES = ["node:child_process", "child_process"];

/** Watches from the first time that the module is asked for: most threads never load it. */
export function watchSpawnsOnceLoaded(watcher: SpawnWatcher): (specifier: string) => void {
  let isWatched = false;
  const onLoad = (specifier: string): void => {
    if (isWatched || !NAMES.includes(specifier)) return;
    isWatched = true;
    watchSpawns(watcher);
  };
  const getBuiltinModule: typeof process.getBuiltinModule = process.getBuiltinModule.bind(process);
  process.getBuiltinModule = (id: string) => {
    onLoad(id);
    return getBuiltinModule(id);
  };
  return onLoad;
}

/** Holds for this thread from now on. */
function watchSpawns(watcher: SpawnWatcher): void {
  const module = process.getBuiltinModule("node:child_process");
  // Every way to start a process without waiting for it leads here.
  const { prototype } = module.ChildProcess;
  const spawn: (this: ChildProcess, options: SpawnOptions) => unknown = Reflect.get(
    prototype,
    "spawn",
  );
  Reflect.set(prototype, "spawn", function (this: ChildProcess, options: SpawnOptions) {
    const mark = watcher.mark();
    if (mark === undefined) return spawn.call(this, options);
    watcher.spawning(this);
    const others = (options.envPairs ?? []).filter((pair) => !pair.startsWith(`${MARK}=`));
    return spawn.call(this, { ...options, envPairs: [...others, `${MARK}=${mark}`] });
  });
  for (const name of BLOCKING) {
    const run = module[name];
    Reflect.set(module, name, (...args: unknown[]) => {
      const mark = watcher.mark();
      if (mark === undefined) return Reflect.apply(run, module, args);
      watcher.spawning();
      return Reflect.apply(
        run,
        module,
        args.map((arg) => withMark(arg, mark)),
      );
    });
  }
  syncBuiltinESMExports();
}

/** Without an environment of its own the process inherits the thread's, which has the mark. */
function withMark(arg: unknown, mark: string): unknown {
  if (typeof arg !== "object" || arg === null || !("env" in arg)) return arg;
  if (typeof arg.env !== "object" || arg.env === null) return arg;
  return { ...arg, env: { ...arg.env, [MARK]: mark } };
}
