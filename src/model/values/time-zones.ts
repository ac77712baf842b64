// Wall clocks of IANA time zones, fast enough to plan thousands of DAGs: offsets are cached for
// stretches of time.

const STRETCH_MS = 2 * 86_400_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Offset from UTC in ms, local minus UTC, at an instant (epoch ms). */
type Offsets = (instant: number) => number;

const zones = new Map<string, Offsets>([
  ["UTC", () => 0],
  ["Etc/UTC", () => 0],
]);

/** Whether the text names a time zone that this runtime knows ("Europe/Zurich", "UTC"). */
export function isTimezone(text: string): boolean {
  if (zones.has(text)) return true;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/**
 * What the zone's clocks show at an instant: epoch ms of the same date and time in UTC. Throws for
 * an unknown zone.
 */
export function toWallClock(instant: number, timezone: string): number {
  return instant + offsetsOf(timezone)(instant);
}

/**
 * The instant (epoch ms) when the zone's clocks show `wall`. Of a time that comes twice it is the
 * second; a time that is skipped moves forward by as much as the clocks did (Airflow: make_aware
 * sets fold=1). Throws for an unknown zone.
 */
export function fromWallClock(wall: number, timezone: string): number {
  const offsetAt = offsetsOf(timezone);
  const before = offsetAt(wall - DAY_MS);
  const after = offsetAt(wall + DAY_MS);
  const smaller = Math.min(before, after);
  if (before === after || offsetAt(wall - smaller) === smaller) return wall - smaller;
  const larger = Math.max(before, after);
  return offsetAt(wall - larger) === larger ? wall - larger : wall - smaller;
}

/**
 * The offset (local minus UTC, in the unit of `offsetAt`'s answers, whose length in ms is `unitMs`)
 * when clocks show `wall`. Of a time that comes twice `fold` 0 is the first, 1 the second; of one
 * that is skipped 0 is the offset before, 1 the one after (Python: datetime.fold).
 */
export function offsetOfWall(
  wall: number,
  fold: 0 | 1,
  { offsetAt, unitMs }: { readonly offsetAt: Offsets; readonly unitMs: number },
): number {
  const before = offsetAt(wall - DAY_MS);
  const after = offsetAt(wall + DAY_MS);
  if (before === after) return offsetAt(wall - before * unitMs);
  const isBefore = offsetAt(wall - before * unitMs) === before;
  const isAfter = offsetAt(wall - after * unitMs) === after;
  if (isBefore === isAfter) return fold === 0 ? before : after;
  return isBefore ? before : after;
}

/** The offset of the zone in ms when its clocks show `wall`; see offsetOfWall. */
export function offsetOfWallClock(wall: number, fold: 0 | 1, timezone: string): number {
  return offsetOfWall(wall, fold, { offsetAt: offsetsOf(timezone), unitMs: 1 });
}

function offsetsOf(timezone: string): Offsets {
  const known = zones.get(timezone);
  if (known) return known;
  const offsets = cacheByStretch(readOffsets(timezone));
  zones.set(timezone, offsets);
  return offsets;
}

/**
 * Asks the runtime, which takes microseconds: its long zone name is "GMT", "GMT+02:00" or
 * "GMT-00:44:30".
 */
function readOffsets(timezone: string): Offsets {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    timeZoneName: "longOffset",
  });
  return (instant) => {
    const [, sign, hours = 0, minutes = 0, seconds = 0] =
      /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(instant)) ?? [];
    const ms = Number(hours) * HOUR_MS + Number(minutes) * 60_000 + Number(seconds) * 1_000;
    return sign === "-" ? -ms : ms;
  };
}

/** Remembers each stretch that was asked for; no zone has changed its clocks twice within one. */
function cacheByStretch(read: Offsets): Offsets {
  const stretches = new Map<number, { change: number; before: number; after: number }>();
  return (instant) => {
    const index = Math.floor(instant / STRETCH_MS);
    let stretch = stretches.get(index);
    if (!stretch) {
      let low = index * STRETCH_MS;
      let high = low + STRETCH_MS;
      const before = read(low);
      const after = read(high);
      if (before === after) high = low;
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (read(middle) === before) low = middle;
        else high = middle;
      }
      stretch = { change: high, before, after };
      stretches.set(index, stretch);
    }
    return instant < stretch.change ? stretch.before : stretch.after;
  };
}
