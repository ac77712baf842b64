// Reads the partitions of a schedule as written; what no partition key could come of is reported.
import { findRunIdFlaw, partitionRunIdFor } from "../../model/ids.ts";
import { findPartitionKeyFlaw } from "../../model/partitions/mappers.ts";
import { writeMoment } from "../../model/partitions/moments.ts";
import { PythonError } from "../../model/python/errors.ts";
import { checkStrptimeFormat } from "../../model/python/strptime.ts";
import { partitionKeyAt } from "../../model/timetables/cron-partition.ts";
import { show } from "../check-options.ts";
import type { Refuse } from "../report.ts";

/** A moment whose parts are all as long as can be. */
const SAMPLE = Date.UTC(2026, 8, 30, 22, 58, 59);

/** Options of a cron schedule with partitions; those that are refused are left out. */
export function readPartitionOptions(
  { runOffset, keyFormat }: Readonly<Record<string, unknown>>,
  { timezone, refuse }: { readonly timezone: string; readonly refuse: Refuse },
): { readonly runOffset?: number; readonly keyFormat?: string } {
  const options: { runOffset?: number; keyFormat?: string } = {};
  if (typeof runOffset === "number" && Number.isSafeInteger(runOffset)) {
    if (runOffset !== 0) options.runOffset = runOffset;
  } else if (runOffset !== undefined) {
    const message = `runOffset takes a whole number of ticks, got ${show(runOffset)}`;
    refuse({ code: "bad-schedule", message });
  }
  if (keyFormat === undefined) return options;
  const flaw = typeof keyFormat === "string" ? keyFormatFlaw(keyFormat, timezone) : "is no text";
  if (typeof keyFormat === "string" && flaw === undefined) return { ...options, keyFormat };
  refuse({
    code: "bad-schedule",
    message: `keyFormat takes a format of dates such as "%Y-%m-%dT%H", got ${show(keyFormat)}, which ${flaw}`,
  });
  return options;
}

/** Why no run could have the keys of the format, as the end of a sentence. */
function keyFormatFlaw(keyFormat: string, timezone: string): string | undefined {
  const flaw = dateFormatFlaw(keyFormat);
  if (flaw !== undefined) return flaw;
  const key = partitionKeyAt(SAMPLE, { timezone, keyFormat });
  const keyFlaw = findPartitionKeyFlaw(key);
  if (keyFlaw !== undefined) return `gives "${key}", and a partition key ${keyFlaw}`;
  const runId = partitionRunIdFor("scheduled", { runAfter: SAMPLE, key, attempt: 0 });
  const idFlaw = findRunIdFlaw(runId);
  return idFlaw === undefined ? undefined : `gives the run id "${runId}", which ${idFlaw}`;
}

/** Why a date can't be written by the format and read again, as the end of a sentence. */
export function dateFormatFlaw(format: string): string | undefined {
  if (/(?<!%)(?:%%)*%Z/.test(format)) return 'has "%Z"; write the offset with "%z" instead';
  return readingFlaw(format) ?? flawIn(() => writeMoment({ wall: SAMPLE, offset: 0 }, format));
}

/** Why no text can be read by the format, as the end of a sentence. */
export function readingFlaw(format: string): string | undefined {
  return flawIn(() => checkStrptimeFormat(format));
}

function flawIn(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (problem) {
    if (problem instanceof PythonError) return `can't be used: ${problem.message}`;
    throw problem;
  }
}
