// Finds what a call has left in its thread that a later call would meet: globals, changed methods
// of the language, and whatever would keep a process alive, such as timers and open sockets.

export interface CallTraces {
  /** Whether globals or the language's objects differ from what they were at the last `accept`. */
  hasChanged(): boolean;
  /** Takes the present globals as they are. */
  accept(): void;
  /** Whether timers, sockets, processes or the like are still open. */
  hasOpen(): boolean;
}

/** What is added to these by assignment is noticed. */
const WATCHED: readonly object[] = [
  globalThis,
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
/**
 * Methods that programs replace, if any. Written out, so that the look after each call is some
 * quick reads: by a list of names it took 30 µs.
 */
const readLanguage = (): readonly unknown[] => [
  Array.prototype.at,
  Array.prototype.filter,
  Array.prototype.find,
  Array.prototype.flat,
  Array.prototype.includes,
  Array.prototype.indexOf,
  Array.prototype.join,
  Array.prototype.map,
  Array.prototype.push,
  Array.prototype.reduce,
  Array.prototype.slice,
  Array.prototype.some,
  Array.prototype.sort,
  Array.prototype.splice,
  Array.prototype.toString,
  Array.prototype.values,
  String.prototype.includes,
  String.prototype.padStart,
  String.prototype.replace,
  String.prototype.replaceAll,
  String.prototype.split,
  String.prototype.trim,
  Object.prototype.hasOwnProperty,
  Object.prototype.toString,
  Object.prototype.valueOf,
  Object.assign,
  Object.create,
  Object.defineProperty,
  Object.entries,
  Object.freeze,
  Object.fromEntries,
  Object.keys,
  Function.prototype.apply,
  Function.prototype.bind,
  Function.prototype.call,
  Promise.prototype.catch,
  Promise.prototype.finally,
  Promise.prototype.then,
  Promise.all,
  Promise.allSettled,
  Promise.race,
  Promise.resolve,
  Date.UTC,
  Date.now,
  Date.parse,
  Date.prototype.getTime,
  Date.prototype.getTimezoneOffset,
  Date.prototype.toISOString,
  Date.prototype.toJSON,
  JSON.parse,
  JSON.stringify,
  Math.floor,
  Math.random,
  Math.round,
];
/** The same of what Node adds, and the globals themselves. */
const readHost = (): readonly unknown[] => [
  console.debug,
  console.error,
  console.info,
  console.log,
  console.warn,
  process.cwd,
  process.emitWarning,
  process.exit,
  process.hrtime,
  process.on,
  process.stdout.write,
  process.stderr.write,
  globalThis.Array,
  globalThis.Buffer,
  globalThis.Date,
  globalThis.Error,
  globalThis.Map,
  globalThis.Math,
  globalThis.Object,
  globalThis.Promise,
  globalThis.Set,
  globalThis.clearTimeout,
  globalThis.console,
  globalThis.fetch,
  globalThis.process,
  globalThis.queueMicrotask,
  globalThis.setInterval,
  globalThis.setTimeout,
];

/** `ownResources` are open whatever calls do. */
export function watchTraces(ownResources: number): CallTraces {
  let language: readonly unknown[] = [];
  let host: readonly unknown[] = [];
  let names = 0;

  function accept(): void {
    language = readLanguage();
    host = readHost();
    names = countNames();
  }

  accept();
  return {
    hasChanged() {
      return countNames() !== names || differ(language, readLanguage()) || differ(host, readHost());
    },
    accept,
    hasOpen: () => process.getActiveResourcesInfo().length > ownResources,
  };
}

function differ(before: readonly unknown[], present: readonly unknown[]): boolean {
  return before.some((method, index) => present[index] !== method);
}

/** Names that were added by assignment can be enumerated; those of the language can't. */
function countNames(): number {
  let count = 0;
  for (const each of WATCHED) {
    for (const _ in each) count += 1;
  }
  return count;
}
