import { expect, test } from "vitest";
import { limitNameText } from "../../src/model/ids.ts";
import { createApiProduct } from "./api-product.ts";

test("a pool shows the slots that are in use, by the state of what uses them", async () => {
  const { ask, metadata } = await createApiProduct();
  await ask("/pools", { body: { name: "db", slots: 10, description: "the database" } });
  const limits = [{ limit: limitNameText({ kind: "pool", pool: "db" }), slots: 2 }];
  for (const state of ["scheduled", "queued", "running", "deferred"] as const) {
    const key = { dagId: "d", runId: "r", taskId: state, mapIndex: -1 };
    await metadata.taskInstances.update({ key, from: [null], set: { state, limits } });
  }
  const used = {
    occupied_slots: 4,
    running_slots: 2,
    queued_slots: 2,
    scheduled_slots: 2,
    deferred_slots: 2,
    open_slots: 6,
  };
  const { body } = await ask("/pools/db");
  expect(body).toEqual({
    name: "db",
    slots: 10,
    description: "the database",
    include_deferred: false,
    team_name: null,
    ...used,
  });
  const changed = await ask("/pools/db", { method: "PATCH", body: { include_deferred: true } });
  expect(changed.body).toMatchObject({ ...used, occupied_slots: 6, open_slots: 4 });
  expect((await ask("/pools?pool_name_pattern=d%25")).body).toMatchObject({ total_entries: 2 });
});

test("a mask leaves out what the body has beside it", async () => {
  const { ask } = await createApiProduct();
  await ask("/pools", { body: { name: "db", slots: 10, description: "old" } });
  const body = { slots: 5, description: "new" };
  const answer = await ask("/pools/db?update_mask=slots", { method: "PATCH", body });
  expect(answer.body).toMatchObject({ slots: 5, description: "old" });
  const other = await ask("/pools/db", { method: "PATCH", body: { ...body, pool: "other" } });
  expect(other.status).toBe(400);
});

test("several pools are changed at once, and what is refused keeps back no other", async () => {
  const { ask } = await createApiProduct();
  const answer = await ask("/pools", {
    method: "PATCH",
    body: {
      actions: [
        {
          action: "create",
          entities: [
            { name: "a", slots: 1 },
            { name: "a", slots: 2 },
            { name: "b", slots: 2 },
          ],
        },
        {
          action: "update",
          entities: [{ name: "b", slots: 7, description: "x" }],
          update_mask: ["slots"],
        },
        { action: "delete", entities: ["a", "nothing"] },
        { action: "delete", entities: ["nothing"], action_on_non_existence: "skip" },
      ],
    },
  });
  expect(answer.body).toEqual({
    create: {
      success: ["a", "b"],
      errors: [{ error: "The Pool with name: `a` already exists", status_code: 409 }],
    },
    update: { success: ["b"], errors: [] },
    delete: {
      success: ["a"],
      errors: [{ error: "The Pool with name: `nothing` was not found", status_code: 404 }],
    },
  });
  expect((await ask("/pools/b")).body).toMatchObject({ slots: 7, description: null });
});

test("the default pool is there, without a limit, until somebody sets its slots", async () => {
  const { ask } = await createApiProduct();
  expect((await ask("/pools/default_pool")).body).toMatchObject({ slots: -1, open_slots: -1 });
  await ask("/pools/default_pool", { method: "PATCH", body: { slots: 128 } });
  expect((await ask("/pools")).body).toMatchObject({
    pools: [{ name: "default_pool", slots: 128, open_slots: 128 }],
    total_entries: 1,
  });
});
