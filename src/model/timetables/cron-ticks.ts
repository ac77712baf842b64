// The ticks of a cron expression on a wall clock without zones, found by arithmetic on its fields.
// Times are epoch ms of the same date and time in UTC.
import type { CronDays, CronExpression } from "./cron-expression.ts";

const DAY_MS = 86_400_000;
/** A tick is looked for this many years away; 29 February on a given weekday can take 40. */
const HORIZON_YEARS = 50;

/** The first tick after the time; `undefined` when there is none within 50 years. */
export function nextTick(cron: CronExpression, after: number): number | undefined {
  const from = (Math.floor(after / 1000) + 1) * 1000;
  const date = new Date(from);
  const day = date.getUTCDate();
  let year = date.getUTCFullYear();
  let month = date.getUTCMonth() + 1;
  let days = daysOf(cron, year, month);
  if (days & (1 << day)) {
    const time = nextTime(cron, secondOfDay(from));
    if (time >= 0) return toWall(year, month, day, time);
  }
  days &= day === 31 ? 0 : -1 << (day + 1);
  for (const end = year + HORIZON_YEARS; year <= end; days = daysOf(cron, year, month)) {
    if (days !== 0) return toWall(year, month, lowestBit(days), firstTime(cron));
    month += 1;
    if (month > 12) {
      month = 1;
      year += 1;
    }
  }
  return undefined;
}

/** The last tick before the time; `undefined` when there is none within 50 years. */
export function previousTick(cron: CronExpression, before: number): number | undefined {
  const from = (Math.ceil(before / 1000) - 1) * 1000;
  const date = new Date(from);
  const day = date.getUTCDate();
  let year = date.getUTCFullYear();
  let month = date.getUTCMonth() + 1;
  let days = daysOf(cron, year, month);
  if (days & (1 << day)) {
    const time = previousTime(cron, secondOfDay(from));
    if (time >= 0) return toWall(year, month, day, time);
  }
  days &= (1 << day) - 1;
  for (const end = year - HORIZON_YEARS; year >= end; days = daysOf(cron, year, month)) {
    if (days !== 0) return toWall(year, month, highestBit(days), lastTime(cron));
    month -= 1;
    if (month < 1) {
      month = 12;
      year -= 1;
    }
  }
  return undefined;
}

function toWall(year: number, month: number, day: number, second: number): number {
  return Date.UTC(year, month - 1, day) + second * 1000;
}

function secondOfDay(wall: number): number {
  return (wall - Math.floor(wall / DAY_MS) * DAY_MS) / 1000;
}

/** The first second of the day that matches from this one on, or -1. */
function nextTime({ hours, minutes, seconds }: CronExpression, time: number): number {
  let hour = Math.floor(time / 3600);
  let minute = Math.floor(time / 60) % 60;
  let second = time % 60;
  if (hours.next[hour] === hour) {
    if (minutes.next[minute] === minute) {
      second = seconds.next[second] ?? -1;
      if (second >= 0) return hour * 3600 + minute * 60 + second;
      minute += 1;
    }
    minute = minutes.next[minute] ?? -1;
    if (minute >= 0) return hour * 3600 + minute * 60 + seconds.first;
    hour += 1;
  }
  hour = hours.next[hour] ?? -1;
  return hour < 0 ? -1 : hour * 3600 + minutes.first * 60 + seconds.first;
}

/** The last second of the day that matches up to this one, or -1. */
function previousTime({ hours, minutes, seconds }: CronExpression, time: number): number {
  let hour = Math.floor(time / 3600);
  let minute = Math.floor(time / 60) % 60;
  let second = time % 60;
  if (hours.previous[hour] === hour) {
    if (minutes.previous[minute] === minute) {
      second = seconds.previous[second] ?? -1;
      if (second >= 0) return hour * 3600 + minute * 60 + second;
      minute -= 1;
    }
    minute = minutes.previous[minute] ?? -1;
    if (minute >= 0) return hour * 3600 + minute * 60 + seconds.last;
    hour -= 1;
  }
  hour = hours.previous[hour] ?? -1;
  return hour < 0 ? -1 : hour * 3600 + minutes.last * 60 + seconds.last;
}

function firstTime({ hours, minutes, seconds }: CronExpression): number {
  return hours.first * 3600 + minutes.first * 60 + seconds.first;
}

function lastTime({ hours, minutes, seconds }: CronExpression): number {
  return hours.last * 3600 + minutes.last * 60 + seconds.last;
}

/** The matching days of a month as bits 1 to 31. */
function daysOf({ months, days }: CronExpression, year: number, month: number): number {
  if (!months.has(month)) return 0;
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const firstWeekday = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const all = (-1 >>> (31 - length)) & ~1;
  const counted = days.nthWeekdays.length > 0;
  if (days.nearestWeekday !== undefined) {
    const nearest = 1 << nearestWorkday(days.nearestWeekday, length, firstWeekday);
    return counted ? nearest & nthDays(days, length, firstWeekday) : nearest;
  }
  if (counted) return nthDays(days, length, firstWeekday);
  if (!days.daysOfMonth)
    return days.weekdays ? weekdayBits(days.weekdays, length, firstWeekday) : all;
  let bits = days.lastDay ? 1 << length : 0;
  for (const day of days.daysOfMonth) bits |= 1 << day;
  // Either is enough when both the day of the month and the weekday are restricted.
  if (days.weekdays) bits |= weekdayBits(days.weekdays, length, firstWeekday);
  return bits & all;
}

function weekdayBits(weekdays: ReadonlySet<number>, length: number, firstWeekday: number): number {
  let bits = 0;
  for (const weekday of weekdays) {
    for (let day = firstOf(weekday, firstWeekday); day <= length; day += 7) bits |= 1 << day;
  }
  return bits;
}

function nthDays({ nthWeekdays }: CronDays, length: number, firstWeekday: number): number {
  let bits = 0;
  for (const { weekday, nth } of nthWeekdays) {
    const first = firstOf(weekday, firstWeekday);
    const weeks = nth === 0 ? Math.floor((length - first) / 7) : nth - 1;
    if (first + weeks * 7 <= length) bits |= 1 << (first + weeks * 7);
  }
  return bits;
}

function firstOf(weekday: number, firstWeekday: number): number {
  return 1 + ((weekday - firstWeekday + 7) % 7);
}

/** Monday to Friday nearest to the day, without leaving the month. */
function nearestWorkday(wanted: number, length: number, firstWeekday: number): number {
  const day = Math.min(wanted, length);
  const weekday = (firstWeekday + day - 1) % 7;
  if (weekday === 6) return day > 1 ? day - 1 : day + 2;
  if (weekday === 0) return day < length ? day + 1 : day - 2;
  return day;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}
