// The contract of the schedules: every adapter runs it and passes it whole. Surplus fires are
// allowed to all of them.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Schedules, ScheduleWish } from "../../src/ports/schedules.ts";
import { TRICKY_TEXT } from "./records.ts";

export interface SchedulesUnderTest {
  readonly schedules: Schedules;
  /** How late a fire may come, in ms. */
  readonly patienceMs: number;
  /** The cron that ticks most often, and the time between its ticks in ms. */
  readonly shortest: { readonly cron: string; readonly everyMs: number };
}

/** `create` gives schedules that call `onFire`. */
export function schedulesContract(
  name: string,
  create: (onFire: (dagId: string) => void) => Promise<SchedulesUnderTest>,
): void {
  // Fires take minutes on AWS: the tests wait for theirs side by side.
  describe.concurrent(`schedules: ${name}`, { timeout: 300_000 }, () => {
    const fires: { readonly dagId: string; readonly at: number }[] = [];
    let schedules: Schedules;
    let patienceMs: number;
    let shortest: SchedulesUnderTest["shortest"];

    beforeAll(async () => {
      const created = await create((dagId) => fires.push({ dagId, at: Date.now() }));
      ({ schedules, patienceMs, shortest } = created);
    });

    const ticking = (dagId: string): ScheduleWish => ({
      dagId,
      schedule: { kind: "cron", cron: shortest.cron },
      timezone: "UTC",
      hasRunsToCome: true,
      nextFireAt: (Math.floor(Date.now() / shortest.everyMs) + 1) * shortest.everyMs,
    });
    const triggered = (dagId: string, nextFireAt: number): ScheduleWish => ({
      dagId,
      schedule: { kind: "none" },
      timezone: "UTC",
      hasRunsToCome: false,
      nextFireAt,
    });

    /** Resolves when a fire has come at the moment or after it. */
    async function fired(dagId: string, moment: number): Promise<void> {
      for (const until = moment + patienceMs; Date.now() < until; await sleep(20)) {
        if (fires.some((fire) => fire.dagId === dagId && fire.at >= moment)) return;
      }
      throw new Error(`${dagId} was not fired within ${patienceMs} ms`);
    }

    test("a DAG is fired when its schedule ticks", async () => {
      const wish = ticking("ticking");
      await schedules.set(wish);
      await schedules.set(wish);
      await fired(wish.dagId, wish.nextFireAt ?? 0);
      await schedules.remove(wish.dagId);
    });

    test("a moment that no schedule has is fired too, whatever the DAG's id", async () => {
      const wish = triggered(TRICKY_TEXT, Date.now() + 1_500);
      await schedules.set(wish);
      await fired(wish.dagId, wish.nextFireAt ?? 0);
      await schedules.remove(wish.dagId);
    });

    test("the moment set last counts", async () => {
      const moment = Date.now() + 1_000;
      await schedules.set(triggered("moved", moment + 3_600_000));
      await schedules.set(triggered("moved", moment));
      await fired("moved", moment);
      await schedules.remove("moved");
    });

    test("a DAG that is paused or removed is fired no more, and removing may be repeated", async () => {
      const graceMs = Math.min(patienceMs, 1_000);
      const later = { nextFireAt: Date.now() + graceMs + shortest.everyMs };
      const { nextFireAt: _, ...paused } = { ...ticking("paused"), hasRunsToCome: false };
      await schedules.set({ ...ticking("paused"), ...later });
      await schedules.set(paused);
      await schedules.set({ ...ticking("removed"), ...later });
      await schedules.remove("removed");
      await schedules.remove("removed");
      await schedules.remove("never set");
      // What was on its way when it was taken back may still come.
      await sleep(graceMs);
      const from = Date.now();
      await sleep(patienceMs);
      const late = fires.filter(({ dagId, at }) => /paused|removed/.test(dagId) && at > from);
      expect(late).toEqual([]);
    });
  });
}
