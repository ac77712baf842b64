// The members of a window: the steps of time that make up a period, or listed texts (Airflow:
// partition_mappers/window.py). Steps are taken on the clock, so that a day always has 24 of them.
import { isoDate } from "../python/calendar.ts";
import { typeError, valueError } from "../python/errors.ts";
import type { Direction, PartitionWindow, Period } from "./mappers.ts";
import { type ClockMoment, partsOf, wallOf } from "./moments.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a target key stands for, and what each key that it is made of does. */
export type Decoded = ClockMoment | string;

/** Throws TypeError for a text in a period, and ValueError for months that don't begin on day 1. */
export function membersOf(window: PartitionWindow, anchor: Decoded): readonly Decoded[] {
  if (window.kind === "segment") return window.segments;
  if (typeof anchor === "string") {
    throw typeError(`the window of a ${window.kind} needs a time, and "${anchor}" stands for none`);
  }
  const { wall, ...offset } = anchor;
  return wallsOf(window.kind, window.direction, wall).map((each) => ({ wall: each, ...offset }));
}

function wallsOf(kind: Period, direction: Direction, start: number): readonly number[] {
  const isBackward = direction === "backward";
  switch (kind) {
    case "hour":
      return steps(60, isBackward, (count) => start + count * MINUTE_MS);
    case "day":
      return steps(24, isBackward, (count) => start + count * HOUR_MS);
    case "week":
      return steps(7, isBackward, (count) => start + count * DAY_MS);
    case "month":
      return daysOfMonth(start, isBackward);
    case "quarter":
      checkDayOne(kind, start);
      return steps(3, isBackward, (count) => shiftMonths(start, count));
    case "year":
      checkDayOne(kind, start);
      return steps(12, isBackward, (count) => shiftMonths(start, count));
  }
}

/** So many steps from the start on, or up to it. */
function steps(
  count: number,
  isBackward: boolean,
  step: (count: number) => number,
): readonly number[] {
  const first = isBackward ? -(count - 1) : 0;
  return Array.from({ length: count }, (_, index) => step(first + index));
}

/** Backward: the days after the first of the month before, up to the start. */
function daysOfMonth(start: number, isBackward: boolean): readonly number[] {
  checkDayOne("month", start);
  if (!isBackward) {
    const days = (shiftMonths(start, 1) - start) / DAY_MS;
    return Array.from({ length: days }, (_, index) => start + index * DAY_MS);
  }
  const before = shiftMonths(start, -1);
  const days = (start - before) / DAY_MS;
  return Array.from({ length: days }, (_, index) => before + (index + 1) * DAY_MS);
}

function checkDayOne(kind: Period, wall: number): void {
  const parts = partsOf({ wall });
  if (parts.day === 1) return;
  throw valueError(
    `the window of a ${kind} begins on day 1 of a month, got ${isoDate(parts)}; use a mapper that gives the start of a month`,
  );
}

/** The same day and time so many months later. */
function shiftMonths(wall: number, months: number): number {
  const { year, month, day } = partsOf({ wall });
  const total = month - 1 + months;
  const shifted = wallOf(year + Math.floor(total / 12), (((total % 12) + 12) % 12) + 1, day);
  return shifted + (wall - wallOf(year, month, day));
}
