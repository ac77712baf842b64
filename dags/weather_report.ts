// A fan-out in a loop and a fan-in by a list of inputs, params that a run may change, and code of one's own in ./utils.
import { Dag, getContext, param } from "stepwind";
import { bash } from "stepwind/operators";
import { formatTable, type Reading } from "./utils/format.ts";

const CITIES = ["zurich", "london", "new_york"] as const;

export const dag = new Dag("weather_report", {
  description: "Measures some cities and prints a table",
  schedule: "@hourly",
  startDate: "2026-01-01",
  tags: ["example"],
  params: {
    unit: param("celsius", { enum: ["celsius", "fahrenheit"], description: "Unit of the table" }),
  },
});

// One group holds the tasks of all cities: "measure.zurich", "measure.london" …
const measure = dag.taskGroup("measure", { tooltip: "One task per city" });

const readings = CITIES.map((city) =>
  measure.task(city, async (): Promise<Reading> => {
    const { runAfter, log } = getContext();
    // Stands for a call of a weather service: warmest in the afternoon, in each city a bit different.
    const hour = new Date(runAfter).getUTCHours();
    const celsius = 12 + city.length - Math.abs(hour - 15);
    log.info(`measured ${celsius} °C in ${city}`);
    return { city, celsius };
  })(),
);

const report = dag.task("report", async ({ readings }: { readings: readonly Reading[] }) => {
  const { params } = getContext();
  const table = formatTable(readings, { fahrenheit: params.unit === "fahrenheit" });
  console.log(table);
  return { table, warmest: Math.max(...readings.map(({ celsius }) => celsius)) };
});

const reported = report({ readings });

dag.task(
  "announce",
  bash({
    bashCommand: 'echo "Warmest in {{ run_id }}: $WARMEST °C"',
    env: { WARMEST: reported.get("warmest") },
    appendEnv: true,
  }),
)();
