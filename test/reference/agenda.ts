// Virtual time: what is to happen when, in order.

export interface Agenda {
  /**
   * Calls `act` at that moment; what is put down for the same moment happens in the order put down.
   */
  at(time: number, act: (now: number) => void): void;
  /** Lets time pass until nothing is left to happen. */
  run(): void;
}

export function createAgenda(): Agenda {
  const entries: { readonly time: number; readonly act: (now: number) => void }[] = [];
  return {
    at(time, act) {
      const after = entries.findIndex((entry) => entry.time > time);
      entries.splice(after === -1 ? entries.length : after, 0, { time, act });
    },
    run() {
      for (let next = entries.shift(); next; next = entries.shift()) next.act(next.time);
    },
  };
}
