// Airflow's thirteen trigger rules by name.

export const TRIGGER_RULES = [
  "all_success",
  "all_failed",
  "all_done",
  "all_done_min_one_success",
  "all_done_setup_success",
  "one_success",
  "one_failed",
  "one_done",
  "none_failed",
  "none_failed_min_one_success",
  "none_skipped",
  "all_skipped",
  "always",
] as const;

export type TriggerRule = (typeof TRIGGER_RULES)[number];

/** Whether the text is one of Airflow's trigger rules. */
export function isTriggerRule(text: string): text is TriggerRule {
  return (TRIGGER_RULES as readonly string[]).includes(text);
}
