// Each operation asks its caller for what Airflow's does.
import { expect, test } from "vitest";
import { FILES } from "../../../src/api/operation-files.ts";
import { createAccessServices } from "../../../src/services/access/access-services.ts";
import { createApiProduct } from "../api-product.ts";
import { documentedPermission } from "./operation-permissions.ts";

test("every operation asks for the permission of the table, and none is missing in it", async () => {
  const { platform, services } = await createApiProduct();
  const access = createAccessServices({ ...platform, hasAdmin: false });
  const context = { platform, services, access, version: "1.2.3", testsConnections: false };
  const wrong: unknown[] = [];
  for (const { load } of FILES) {
    for (const { id, permission } of (await load())(context)) {
      // To Airflow, backfills are runs.
      const asks = permission.replace(/ backfill$/, " dag.run");
      const should = documentedPermission(id);
      if (asks !== should) wrong.push({ id, asks, should });
    }
  }
  expect(wrong).toEqual([]);
});
