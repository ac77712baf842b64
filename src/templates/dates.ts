// Dates as Airflow's context and templates have them: `ds`, `ts` and their variants, and Python's strftime. All UTC.
import { toAirflowIso } from "../model/values/time.ts";

export interface DateNames {
  /** "2026-01-31" */
  readonly ds: string;
  /** "20260131" */
  readonly dsNodash: string;
  /** "2026-01-31T06:00:00+00:00" */
  readonly ts: string;
  /** "20260131T060000" */
  readonly tsNodash: string;
  /** "20260131T060000+0000" */
  readonly tsNodashWithTz: string;
}

/** The names that follow from a logical date, given as UTC ISO text. */
export function dateNames(logicalDate: string): DateNames {
  const ts = toAirflowIso(logicalDate);
  const ds = ts.slice(0, 10);
  const tsNodash = ts.slice(0, 19).replaceAll(/[-:]/g, "");
  return {
    ds,
    dsNodash: ds.replaceAll("-", ""),
    ts,
    tsNodash,
    tsNodashWithTz: ts.replaceAll(/[-:]/g, ""),
  };
}

const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const DAY_MS = 86_400_000;

/** Python's strftime in the C locale, for UTC. Throws for a directive that it doesn't know. */
export function strftime(date: Date, format: string): string {
  return format.replaceAll(/%(-?)([A-Za-z%])/g, (directive, flag: string, letter: string) => {
    const text = formatDirective(date, letter);
    if (text === undefined) throw new Error(`strftime has no directive "${directive}"`);
    return flag === "" ? text : text.replace(/^0+(?=\d)/, "");
  });
}

function formatDirective(date: Date, letter: string): string | undefined {
  const two = (value: number) => String(value).padStart(2, "0");
  const month = MONTHS[date.getUTCMonth()] ?? "";
  const day = DAYS[date.getUTCDay()] ?? "";
  const hour = date.getUTCHours();
  switch (letter) {
    case "Y":
      return String(date.getUTCFullYear()).padStart(4, "0");
    case "y":
      return two(date.getUTCFullYear() % 100);
    case "m":
      return two(date.getUTCMonth() + 1);
    case "d":
      return two(date.getUTCDate());
    case "H":
      return two(hour);
    case "I":
      return two(hour % 12 || 12);
    case "M":
      return two(date.getUTCMinutes());
    case "S":
      return two(date.getUTCSeconds());
    case "f":
      return `${String(date.getUTCMilliseconds()).padStart(3, "0")}000`;
    case "p":
      return hour < 12 ? "AM" : "PM";
    case "B":
      return month;
    case "b":
      return month.slice(0, 3);
    case "A":
      return day;
    case "a":
      return day.slice(0, 3);
    case "w":
      return String(date.getUTCDay());
    case "u":
      return String(date.getUTCDay() || 7);
    case "j":
      return String(dayOfYear(date)).padStart(3, "0");
    case "U":
      return two(Math.floor((dayOfYear(date) + 6 - date.getUTCDay()) / 7));
    case "W":
      return two(Math.floor((dayOfYear(date) + 6 - ((date.getUTCDay() + 6) % 7)) / 7));
    case "V":
      return two(isoWeek(date).week);
    case "G":
      return String(isoWeek(date).year);
    case "F":
      return date.toISOString().slice(0, 10);
    case "T":
      return date.toISOString().slice(11, 19);
    case "s":
      return String(Math.floor(date.getTime() / 1000));
    case "z":
      return "+0000";
    case "Z":
      return "UTC";
    case "%":
      return "%";
    default:
      return undefined;
  }
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}

/** The ISO week is that of its Thursday. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * DAY_MS);
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}
