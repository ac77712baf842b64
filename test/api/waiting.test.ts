// What the API says of task instances that have not started, and of what operators rendered.
import { expect, test } from "vitest";
import { createApiServer } from "../../src/api/api-server.ts";
import { createApiProduct, FAILED_RUN, RUNNING_RUN } from "./api-product.ts";

const pathOf = (runId: string) => `/dags/etl/dagRuns/${encodeURIComponent(runId)}/taskInstances`;

test("an instance that waits says for what, in the listing and by itself", async () => {
  const { ask } = await createApiProduct();
  const { body } = await ask(pathOf(RUNNING_RUN));
  const load = body.task_instances.find(({ task_id }: { task_id: string }) => task_id === "load");
  expect(load).toMatchObject({
    state: null,
    message: expect.stringMatching(/^Task's trigger rule 'all_success' requires all upstream/),
  });
  expect((await ask(`${pathOf(RUNNING_RUN)}/load`)).body.message).toBe(load.message);
});

test("what a run that has ended never started waits for nothing", async () => {
  const { ask, metadata } = await createApiProduct();
  const instances = await metadata.taskInstances.list({ dagId: "etl", runId: FAILED_RUN });
  const { body } = await ask(pathOf(FAILED_RUN));
  const known = new Set(instances.map(({ taskId }) => taskId));
  for (const { task_id, message } of body.task_instances) {
    if (!known.has(task_id)) expect(message).toBeNull();
  }
});

test("a try that waits for a slot is queued, by filter as well", async () => {
  const { platform, services } = await createApiProduct();
  const since = Date.parse("2026-01-31T08:00:00Z");
  const runner = {
    ...platform.runner,
    queuedSince: ({ taskId }: { readonly taskId: string }) =>
      taskId === "load" ? since : undefined,
  };
  const app = createApiServer({ ...platform, runner }, services);
  const response = await app.request(`/api/v2${pathOf(RUNNING_RUN)}?state=queued`);
  expect(await response.json()).toMatchObject({
    total_entries: 1,
    task_instances: [
      {
        task_id: "load",
        state: "queued",
        queued_when: "2026-01-31T08:00:00Z",
        message: "The task waits for a free slot of the workers.",
      },
    ],
  });
});

test("rendered fields have Airflow's names", async () => {
  const { ask, metadata } = await createApiProduct();
  const key = { dagId: "etl", runId: FAILED_RUN, taskId: "load", mapIndex: -1 };
  const renderedFields = { bashCommand: "echo 2026-01-30", env: { dbHost: "h" } };
  await metadata.taskInstances.update({ key, from: ["failed"], set: { renderedFields } });
  expect((await ask(`${pathOf(FAILED_RUN)}/load`)).body.rendered_fields).toEqual({
    bash_command: "echo 2026-01-30",
    env: { dbHost: "h" },
  });
});
