// Names of the states: unique in the whole machine, at most 80 characters, readable where ids are.

/** Step Functions quotas: a state name has at most 80 characters. */
const MAX_NAME = 80;
/** Leaves room for the longest suffix, ": wait". */
const MAX_TASK_NAME = 72;

export interface StateNames {
  task(task: number): string;
  gate(task: number): string;
  wait(task: number): string;
  /** The next parallel's name; numbered in the order asked. */
  nextParallel(): string;
  readonly finish: string;
}

/**
 * Tasks come first, so one whose id is short enough has it as its name, whatever the others are
 * called.
 */
export function nameStates(taskIds: readonly string[]): StateNames {
  // As a key of an object, "__proto__" would be no key.
  const taken = new Set(["__proto__"]);
  const claim = (name: string, id: string): string => {
    let unique = name;
    for (let tries = 0; taken.has(unique); tries += 1) {
      unique = shorten(`${name}~${hash(`${id} ${tries}`)}`, id, MAX_NAME);
    }
    taken.add(unique);
    return unique;
  };
  const tasks = taskIds.map((id) => claim(shorten(id, id, MAX_TASK_NAME), id));
  const suffixed = (suffix: string) => {
    const names = new Map<number, string>();
    return (task: number) => {
      const name = names.get(task) ?? claim(`${tasks[task]}: ${suffix}`, `${task} ${suffix}`);
      names.set(task, name);
      return name;
    };
  };
  let parallels = 0;
  return {
    task: (task) => tasks[task] ?? "",
    gate: suffixed("gate"),
    wait: suffixed("wait"),
    nextParallel() {
      parallels += 1;
      return claim(`parallel ${parallels}`, `${parallels}`);
    },
    finish: claim("finish", "finish"),
  };
}

function shorten(name: string, id: string, length: number): string {
  if (name.length <= length) return name;
  const suffix = `~${hash(id)}`;
  return name.slice(0, length - suffix.length) + suffix;
}

/** FNV-1a, 32 bits, as eight hexadecimal digits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, "0");
}
