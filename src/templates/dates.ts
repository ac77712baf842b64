// Dates as Airflow's context and templates have them: `ds`, `ts` and their variants. All UTC.
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
