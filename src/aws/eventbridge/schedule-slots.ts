// A DAG's repeating schedules on EventBridge are in slots numbered from 0 on. They are brought to
// what is wanted with few calls; what a process that died in between has left is put right by the
// next call.

/** `T` is what a slot holds. */
export interface ScheduleSlots<T> {
  /** Whether the slot holds what is wanted, nothing, or something else. */
  look(name: string, wanted: T | undefined): Promise<"same" | "empty" | "other">;
  /** Puts it in the slot; `isEmpty` says what was seen there. */
  put(name: string, wanted: T, isEmpty: boolean): Promise<void>;
  clear(name: string): Promise<void>;
}

/** Returns whether anything had to be put, or cleared. */
export async function fillSlots<T>(
  prefix: string,
  wanted: readonly T[],
  slots: ScheduleSlots<T>,
): Promise<{ readonly put: boolean; readonly cleared: boolean }> {
  let put = false;
  let cleared = false;
  for (let index = 0; ; index += 1) {
    const name = `${prefix}${index}`;
    const mine = wanted[index];
    const seen = await slots.look(name, mine);
    if (mine === undefined) {
      if (seen === "empty") return { put, cleared };
      await slots.clear(name);
      cleared = true;
    } else if (seen !== "same") {
      await slots.put(name, mine, seen === "empty");
      put = true;
    }
  }
}

/** EventBridge needs so long until a schedule that was just made fires. */
const SETTLING_MS = 120_000;

/** Whether the moment may come before a schedule that is made now fires. */
export function isSoon(moment: number | undefined, now: number): moment is number {
  return moment !== undefined && moment - now < SETTLING_MS;
}
