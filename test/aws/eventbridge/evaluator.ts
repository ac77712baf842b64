// A small EventBridge: refuses expressions that AWS would refuse, and says at which minutes the
// others fire.
import { toWallClock } from "../../../src/model/values/time-zones.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Whether the expression fires at the minute (epoch ms); throws for one that AWS doesn't take. */
export function firesAt(expression: string, minute: number, timezone: string): boolean {
  if (/^rate\(1 (minute|hour|day)\)$/.test(expression)) return expression === "rate(1 minute)";
  const [, text] = /^cron\((.+)\)$/.exec(expression) ?? [];
  if (text === undefined) throw new Error(`${expression} is neither cron nor rate`);
  if (expression.length > 256) throw new Error(`${expression} is too long`);
  const [minutes, hours, daysOfMonth, months, daysOfWeek, year, ...rest] = text.split(" ");
  if (!minutes || !hours || !daysOfMonth || !months || !daysOfWeek || year !== "*" || rest.length) {
    throw new Error(`${expression} has not 6 fields`);
  }
  if ((daysOfMonth === "?") === (daysOfWeek === "?")) {
    throw new Error(`${expression} needs one "?" in its days`);
  }
  const wall = toWallClock(minute, timezone);
  // Of a time that comes twice AWS fires one, and doesn't promise which.
  for (const shift of [-HOUR, -HOUR / 2, HOUR / 2, HOUR]) {
    if (toWallClock(minute + shift, timezone) === wall) return false;
  }
  const date = new Date(wall);
  return (
    matches(minutes, date.getUTCMinutes(), [0, 59]) &&
    matches(hours, date.getUTCHours(), [0, 23]) &&
    matches(months, date.getUTCMonth() + 1, [1, 12]) &&
    (daysOfMonth === "?" || matches(daysOfMonth, date.getUTCDate(), [1, 31])) &&
    (daysOfWeek === "?" || matches(daysOfWeek, date.getUTCDay() + 1, [1, 7]))
  );
}

function matches(field: string, value: number, [min, max]: readonly [number, number]): boolean {
  return field
    .split(",")
    .map((item) => {
      const [, from = "", to, step] = /^(\*|\d+)(?:-(\d+)|\/(\d+))?$/.exec(item) ?? [];
      if (from === "") throw new Error(`"${item}" is no item of a field`);
      const first = from === "*" ? min : Number(from);
      const last = to === undefined ? (step || from === "*" ? max : first) : Number(to);
      if (first < min || last > max || first > last) throw new Error(`"${item}" is out of range`);
      return value >= first && value <= last && (value - first) % Number(step ?? 1) === 0;
    })
    .includes(true);
}
