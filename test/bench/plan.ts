// Planning 5,000 DAGs: each is read from the metadata, planned by its timetable, and given its next
// timer.
import { createLocalStateMachines } from "../../src/local/interpreter-state-machines.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import { createTimerSchedules } from "../../src/local/timer-schedules.ts";
import { createVersions } from "../../src/services/dag-processing/versions.ts";
import { createScheduler } from "../../src/services/runs/scheduler.ts";
import { systemClock } from "../../src/services/system-clock.ts";
import { dag, task } from "../reference/documents.ts";
import { medianOf } from "./measure.ts";

const DAGS = 5_000;
const ZONES = ["UTC", "Europe/Zurich", "America/New_York"];

export async function benchPlan(times: number) {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  const report = { info() {}, warn() {}, error: never };
  const stateMachines = createLocalStateMachines({
    metadata,
    clock: systemClock,
    report,
    functions: never,
  });
  const createdAt = new Date().toISOString();
  const ids = Array.from({ length: DAGS }, (_, index) => `dag_${index}`);
  for (const [index, dagId] of ids.entries()) {
    const document = dag(dagId, [task("only", [])], {
      schedule: { kind: "cron", cron: `${index % 60} ${index % 24} * * *` },
      timezone: ZONES[index % ZONES.length] ?? "UTC",
      startDate: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const shared = { dagId, file: "bench.ts" };
    const version = {
      ...shared,
      hash: "v1",
      number: 1,
      createdAt,
      bundleHash: "none",
      document,
      gates: [],
    };
    void metadata.versions.create(version);
    await metadata.dags.put({
      ...shared,
      isPaused: false,
      isStale: false,
      versionHash: "v1",
      versionNumber: 1,
      lastParsedAt: createdAt,
      revision: 1,
    });
  }
  const plan5000_s = await medianOf(times, async () => {
    const schedules = createTimerSchedules({ clock: systemClock, report, onDue: never });
    const scheduler = createScheduler({
      metadata,
      schedules,
      stateMachines,
      triggers: { set: never, setAll: never },
      clock: systemClock,
      report,
      versions: createVersions(metadata.versions),
      runner: {},
      xcoms: { put: never, get: never, deleteDag: never, deleteRun: never },
      notifications: { publish: never },
      callbacks: { afterTry: never, afterRun: never, afterDeadline: never, settled: never },
    });
    const started = performance.now();
    await Promise.all(ids.map((dagId) => scheduler.schedule(dagId)));
    schedules.stop();
    return (performance.now() - started) / 1_000;
  });
  await metadata.close();
  return { plan5000_s };
}

function never(): never {
  throw new Error("No run of these DAGs is due");
}
