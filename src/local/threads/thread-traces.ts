// Finds what a call has left in its thread that a later call would meet: globals, changed methods
// of the language, and whatever would keep a process alive, such as timers and open sockets.

export interface ThreadTraces {
  /** Whether globals or the language's objects differ from what they were at the last `accept`. */
  hasChanged(): boolean;
  /** Takes the present globals as they are. */
  accept(): void;
  /** Whether timers, sockets, processes or the like are still open. */
  hasOpen(): boolean;
}

/** The thread's port. */
const OWN_RESOURCES = 1;
/** What is added to these by assignment is noticed. */
const WATCHED: readonly object[] = [
  Object.prototype,
  Function.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
  Promise.prototype,
  Date,
  Promise,
  JSON,
  Math,
];
/** Methods that programs replace, if any. */
const METHODS: readonly (readonly [object, readonly string[]])[] = [
  [Array.prototype, ["at", "filter", "find", "flat", "includes", "indexOf", "join", "map", "push"]],
  [Array.prototype, ["reduce", "slice", "some", "sort", "splice", "toString", "values"]],
  [String.prototype, ["includes", "padStart", "replace", "replaceAll", "split", "trim"]],
  [Object.prototype, ["hasOwnProperty", "toString", "valueOf"]],
  [Object, ["assign", "create", "defineProperty", "entries", "freeze", "fromEntries", "keys"]],
  [Function.prototype, ["apply", "bind", "call"]],
  [Promise.prototype, ["catch", "finally", "then"]],
  [Promise, ["all", "allSettled", "race", "resolve"]],
  [Date, ["UTC", "now", "parse"]],
  [Date.prototype, ["getTime", "getTimezoneOffset", "toISOString", "toJSON"]],
  [JSON, ["parse", "stringify"]],
  [Math, ["floor", "random", "round"]],
  [console, ["debug", "error", "info", "log", "warn"]],
  [process, ["cwd", "emitWarning", "exit", "hrtime", "on"]],
  [process.stdout, ["write"]],
  [process.stderr, ["write"]],
  [
    globalThis,
    ["Array", "Buffer", "Date", "Error", "Map", "Math", "Object", "Promise", "Set", "clearTimeout"],
  ],
  [globalThis, ["console", "fetch", "process", "queueMicrotask", "setInterval", "setTimeout"]],
];

export function watchTraces(): ThreadTraces {
  const methods = METHODS.flatMap(([owner, names]) => names.map((name) => ({ owner, name })));
  let values: readonly unknown[] = [];
  let names = 0;

  function accept(): void {
    values = methods.map(({ owner, name }) => Reflect.get(owner, name));
    names = countNames();
  }

  accept();
  return {
    hasChanged() {
      if (countNames() !== names) return true;
      return methods.some(({ owner, name }, index) => Reflect.get(owner, name) !== values[index]);
    },
    accept,
    hasOpen: () => process.getActiveResourcesInfo().length > OWN_RESOURCES,
  };
}

/** Names that were added by assignment can be enumerated; those of the language can't. */
function countNames(): number {
  let count = Object.keys(globalThis).length;
  for (const each of WATCHED) {
    for (const _ in each) count += 1;
  }
  return count;
}
