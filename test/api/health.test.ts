// /monitor/health: where components live apart, it tells what each has done last, and not that the
// API answers.
import { expect, test } from "vitest";
import { createApiServer } from "../../src/api/api-server.ts";
import { createHeartbeat } from "../../src/services/upkeep/heartbeats.ts";
import { createApiProduct } from "./api-product.ts";

const MINUTE = 60_000;

test("the health is that of the components' heartbeats, which grow old", async () => {
  const { platform, services, metadata } = await createApiProduct();
  let now = platform.clock.now();
  const clock = { ...platform.clock, now: () => now };
  const app = createApiServer({ ...platform, clock }, services, { heartbeatSeconds: 660 });
  const ask = async () => (await app.request("/api/v2/monitor/health")).json();
  expect(await ask()).toEqual({
    metadatabase: { status: "healthy" },
    scheduler: { status: "unhealthy", latest_scheduler_heartbeat: null },
    triggerer: { status: null, latest_triggerer_heartbeat: null },
    dag_processor: { status: "unhealthy", latest_dag_processor_heartbeat: null },
  });
  await createHeartbeat({ metadata, clock }, "scheduler")();
  await createHeartbeat({ metadata, clock }, "dag_processor")();
  expect(await ask()).toMatchObject({
    scheduler: { status: "healthy", latest_scheduler_heartbeat: "2026-01-31T12:00:00Z" },
    dag_processor: { status: "healthy", latest_dag_processor_heartbeat: "2026-01-31T12:00:00Z" },
  });
  now += 10 * MINUTE;
  await createHeartbeat({ metadata, clock }, "dag_processor")();
  now += 2 * MINUTE;
  expect(await ask()).toMatchObject({
    scheduler: { status: "unhealthy", latest_scheduler_heartbeat: "2026-01-31T12:00:00Z" },
    dag_processor: { status: "healthy" },
  });
});

test("a component writes its heartbeat at most once a minute, however much it does", async () => {
  const { platform, metadata } = await createApiProduct();
  let now = platform.clock.now();
  let writes = 0;
  const { heartbeats } = metadata;
  const counted = {
    ...metadata,
    heartbeats: {
      ...heartbeats,
      put: (...record: Parameters<typeof heartbeats.put>) => {
        writes += 1;
        return heartbeats.put(...record);
      },
    },
  };
  const clock = { ...platform.clock, now: () => now };
  const beat = createHeartbeat({ metadata: counted, clock }, "scheduler");
  for (let second = 0; second < 120; second += 1) {
    await beat();
    now += 1_000;
  }
  expect(writes).toBe(2);
});
