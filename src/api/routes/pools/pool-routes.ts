// /pools: pools and the slots of them that are in use.
import type { PoolRecord } from "../../../model/records.ts";
import {
  changePool,
  createPool,
  deletePool,
  getPool,
  listPools,
  type PoolChange,
  type PoolsContext,
  stateOf,
} from "../../../services/limits/pools.ts";
import { createChangeList } from "../../audit/change-list.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { byPattern, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import { toAuditedPool, toWirePool } from "../../responses/pool-responses.ts";
import { changePools } from "./pool-actions.ts";
import { POOL_FIELDS, toPool } from "./pool-bodies.ts";

const ORDER: OrderKeys<PoolRecord> = {
  id: ({ pool }) => pool,
  pool: ({ pool }) => pool,
  name: ({ pool }) => pool,
};
const FILTERS: readonly Filter<PoolRecord>[] = [byPattern("pool_name", ({ pool }) => pool)];

export const poolOperations: Operations = ({ platform, services }) => {
  const context: PoolsContext = { metadata: platform.metadata, limits: services.limits };
  const answer = async (pool: PoolRecord) => toWirePool(await stateOf(context, pool));

  return [
    operation("get_pools", {
      permission: "GET pool",
      query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
      async handle({ query }) {
        const tests = testsOf(FILTERS, query, platform.clock.now());
        const all = await listPools(context);
        const found = all.filter((pool) => tests.every((test) => test(pool)));
        const page = cut(ordered(found, { query, keys: ORDER }), query.page());
        return { pools: await Promise.all(page.map(answer)), total_entries: found.length };
      },
    }),

    operation("post_pool", {
      permission: "POST pool",
      async handle({ body, changed }) {
        const pool = toPool(body, "name");
        await createPool(context, pool);
        changed(undefined, toAuditedPool(pool));
        return answer(pool);
      },
    }),

    operation("bulk_pools", {
      permission: "PUT pool",
      handle: ({ body: { actions }, c, changed }) =>
        changePools(context, actions, {
          principal: c.var.principal,
          changes: createChangeList(changed),
        }),
    }),

    operation("get_pool", {
      permission: "GET pool",
      handle: async ({ path }) => answer(await getPool(context, path.pool_name)),
    }),

    operation("patch_pool", {
      permission: "PUT pool",
      query: ["update_mask"],
      async handle({ path: { pool_name: name }, body, query, changed }) {
        if (body.pool != null && body.pool !== name) {
          throw new Problem(
            400,
            "Invalid body, pool name from request body doesn't match uri parameter",
          );
        }
        const mask = query.choices("update_mask", POOL_FIELDS);
        const before = await getPool(context, name);
        const after = await changePool(context, name, toChange(body, mask));
        changed(toAuditedPool(before), toAuditedPool(after));
        return answer(after);
      },
    }),

    operation("delete_pool", {
      permission: "DELETE pool",
      async handle({ path, changed }) {
        const before = await getPool(context, path.pool_name);
        await deletePool(context, path.pool_name);
        changed(toAuditedPool(before), undefined);
        return undefined;
      },
    }),
  ];
};

/** Without a mask, all that the body has. */
function toChange(
  body: Schema<"PoolPatchBody">,
  mask: readonly (typeof POOL_FIELDS)[number][],
): PoolChange {
  const isMeant = (field: (typeof POOL_FIELDS)[number]) =>
    mask.length === 0 || mask.includes(field);
  const { slots, description, include_deferred: includeDeferred } = body;
  return {
    ...(slots == null || !isMeant("slots") ? {} : { slots }),
    ...(description == null || !isMeant("description") ? {} : { description }),
    ...(includeDeferred == null || !isMeant("include_deferred") ? {} : { includeDeferred }),
  };
}
