// /pools: pools and the slots of them that are in use.
import { z } from "zod";
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
import type { Api, ApiContext } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { accepts, PAGE } from "../../requests/accepts.ts";
import { readBody } from "../../requests/body.ts";
import { byPattern, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import { toWirePool } from "../../responses/pool-responses.ts";
import { changePools, POOL_ACTIONS } from "./pool-actions.ts";
import { POOL_BODY, POOL_PATCH_BODY, type PoolBody, type PoolPatchBody } from "./pool-bodies.ts";

const ORDER: OrderKeys<PoolRecord> = { id: ({ pool }) => pool, name: ({ pool }) => pool };
const FILTERS: readonly Filter<PoolRecord>[] = [byPattern("pool_name", ({ pool }) => pool)];
/** What `update_mask` may name. */
const MASK = ["slots", "description", "include_deferred"] as const;

export function addPoolRoutes(app: Api, { platform, services }: ApiContext): void {
  const context: PoolsContext = { metadata: platform.metadata, limits: services.limits };
  const answer = async (pool: PoolRecord) => toWirePool(await stateOf(context, pool));

  app.get("/pools", accepts(...PAGE, "order_by", ...parametersOf(FILTERS)), async (c) => {
    const { query } = c.var;
    const tests = testsOf(FILTERS, query, platform.clock.now());
    const found = (await listPools(context)).filter((pool) => tests.every((test) => test(pool)));
    const page = cut(ordered(found, { query, keys: ORDER }), query.page());
    return c.json({ pools: await Promise.all(page.map(answer)), total_entries: found.length });
  });

  app.post("/pools", accepts(), async (c) => {
    const pool = toPool(await readBody(c, POOL_BODY));
    await createPool(context, pool);
    return c.json(await answer(pool), 201);
  });

  app.patch("/pools", accepts(), async (c) => {
    const { actions } = await readBody(c, z.strictObject({ actions: z.array(POOL_ACTIONS) }));
    return c.json(await changePools(context, actions));
  });

  app.get("/pools/:pool_name", accepts(), async (c) =>
    c.json(await answer(await getPool(context, c.req.param("pool_name")))),
  );

  app.patch("/pools/:pool_name", accepts("update_mask"), async (c) => {
    const name = c.req.param("pool_name");
    const body = await readBody(c, POOL_PATCH_BODY);
    if (body.pool != null && body.pool !== name) {
      throw new Problem(
        400,
        "Invalid body, pool name from request body doesn't match uri parameter",
      );
    }
    const mask = c.var.query.choices("update_mask", MASK);
    return c.json(await answer(await changePool(context, name, toChange(body, mask))));
  });

  app.delete("/pools/:pool_name", accepts(), async (c) => {
    await deletePool(context, c.req.param("pool_name"));
    return c.body(null, 204);
  });
}

function toPool({ name, slots, description, include_deferred }: PoolBody): PoolRecord {
  return {
    pool: name,
    slots,
    includeDeferred: include_deferred,
    ...(description == null ? {} : { description }),
  };
}

/** Without a mask, all that the body has. */
function toChange(body: PoolPatchBody, mask: readonly (typeof MASK)[number][]): PoolChange {
  const isMeant = (field: (typeof MASK)[number]) => mask.length === 0 || mask.includes(field);
  const { slots, description, include_deferred: includeDeferred } = body;
  return {
    ...(slots == null || !isMeant("slots") ? {} : { slots }),
    ...(description == null || !isMeant("description") ? {} : { description }),
    ...(includeDeferred == null || !isMeant("include_deferred") ? {} : { includeDeferred }),
  };
}
