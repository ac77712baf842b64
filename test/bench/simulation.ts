// A year of a daily DAG of ten tasks, simulated.
import { NO_OUTCOMES } from "../../src/local/simulation/outcomes.ts";
import { simulate } from "../../src/local/simulation/simulate.ts";
import { dag, task } from "../reference/documents.ts";
import { medianOf } from "./measure.ts";

export async function benchSimulation(times: number) {
  const tasks = Array.from({ length: 10 }, (_, index) =>
    task(`t${index}`, index === 0 ? [] : [`t${Math.floor((index - 1) / 2)}`]),
  );
  const document = dag("year", tasks, {
    schedule: { kind: "cron", cron: "@daily" },
    catchup: true,
  });
  const simulate_year_ms = await medianOf(times, async () => {
    const started = performance.now();
    const { runs } = await simulate({
      document,
      from: Date.UTC(2026, 0, 1),
      to: Date.UTC(2026, 11, 31),
      outcomes: NO_OUTCOMES,
    });
    if (runs.length !== 365) throw new Error(`${runs.length} runs in a year`);
    return performance.now() - started;
  });
  return { simulate_year_ms };
}
