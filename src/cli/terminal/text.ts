// Widths of texts that may hold colours, texts of others, times in words, and the names that
// somebody may have meant.
import { stripVTControlCharacters } from "node:util";
import { formatDuration } from "../../model/values/durations.ts";
import { editDistance } from "../../model/values/nearest-name.ts";

/** Columns that the text takes on a screen. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Cuts to a width, colours kept; the cut shows as "…". No cut when the width is 0. */
export function cutTo(text: string, width: number): string {
  if (width <= 0 || widthOf(text) <= width) return text;
  let kept = "";
  let left = width - 1;
  for (const [part] of text.matchAll(ESCAPE_OR_CHARACTER)) {
    if (part.startsWith(ESCAPE)) kept += part;
    else if (left-- > 0) kept += part;
  }
  return `${kept}…`;
}

/**
 * Text that a task or somebody else wrote, made harmless for a terminal: control sequences could
 * clear the screen, move the cursor or change the title. Colours stay if asked for, and end with
 * the text.
 */
export function withoutControls(text: string, { keepsColors = false } = {}): string {
  if (!CONTROL.test(text)) return text;
  const clean = text
    .replaceAll("\r\n", "\n")
    .replaceAll("\r", "\n")
    .replace(CONTROLS, (found) => {
      return keepsColors && COLOR.test(found) ? found : "";
    });
  return clean.includes(ESCAPE) ? `${clean}${ESCAPE}[0m` : clean;
}

/** The first of its lines, without what would end it. */
export function firstLineOf(text: string): string {
  return text.split(/[\r\n]/, 1)[0] ?? "";
}

const ESCAPE = "\u001b";
/** All control characters but tab and line feed, in both of their ranges. */
const CONTROL_CHARACTER = "[\u0000-\u0008\u000b-\u001f\u007f-\u009f]";
const CONTROL = new RegExp(CONTROL_CHARACTER, "u");
/**
 * ECMA-48: strings up to their end (OSC, DCS, …), sequences (CSI), shorter escapes; then any
 * character left.
 */
const CONTROLS = new RegExp(
  [
    `${ESCAPE}[PX^_\\]][^\u0007${ESCAPE}]*(?:\u0007|${ESCAPE}\\\\)`,
    `${ESCAPE}\\[[0-?]*[ -/]*[@-~]`,
    `${ESCAPE}[ -/]*[0-~]`,
    CONTROL_CHARACTER,
  ].join("|"),
  "gu",
);
const COLOR = new RegExp(`^${ESCAPE}\\[[0-9;]*m$`, "u");
const ESCAPE_OR_CHARACTER = new RegExp(`${ESCAPE}\\[[0-9;]*m|.`, "gsu");

/** "in 3 h 12 min", "2 min ago", "now". */
export function toRelative(moment: number, now: number): string {
  const seconds = (moment - now) / 1_000;
  if (Math.abs(seconds) < 1) return "now";
  const whole = formatDuration(Math.round(Math.abs(seconds)));
  return seconds > 0 ? `in ${whole}` : `${whole} ago`;
}

/** "4:32" or "1:04:32". */
export function toCountdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown
    .map((part, index) => (index === 0 ? `${part}` : `${part}`.padStart(2, "0")))
    .join(":");
}

/** "2026-01-31 06:00:00 UTC" from a date of the API; "" for null. */
export function toDateText(date: string | null): string {
  return date === null ? "" : date.replace("T", " ").replace(/(\.\d+)?Z$/, "");
}

/** "1 DAG", "2 DAGs". */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** At most three of the names that are close to what was written, the closest first. */
export function nearestNames(written: string, names: readonly string[]): readonly string[] {
  const limit = Math.max(2, Math.floor(written.length / 3));
  return names
    .map((name) => ({ name, distance: editDistance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(
      ({ name, distance }) =>
        distance <= limit ||
        (written.length > 2 && name.toLowerCase().includes(written.toLowerCase())),
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}
