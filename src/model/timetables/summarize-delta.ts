// A duration as Airflow shows it for a schedule: Python's str(timedelta).

/** Seconds as "1 day, 2:00:00", "0:05:00" or "0:00:01.500000". */
export function summarizeDelta(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const rest = Math.floor(seconds % 86_400);
  const micros = Math.round((seconds - Math.floor(seconds)) * 1_000_000);
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const clock = `${Math.floor(rest / 3600)}:${twoDigits(Math.floor(rest / 60) % 60)}:${twoDigits(rest % 60)}`;
  const fraction = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`;
  return `${days === 0 ? "" : `${days} day${days === 1 ? "" : "s"}, `}${clock}${fraction}`;
}
