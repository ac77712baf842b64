// Several pools made, changed and removed by one request; what one of them is refused for is told, and
// the others go on.
import { z } from "zod";
import type { PoolRecord } from "../../../model/records.ts";
import {
  changePool,
  createPool,
  deletePool,
  type PoolsContext,
  setPool,
} from "../../../services/limits/pools.ts";
import { toAnswer } from "../../problems.ts";
import { POOL_BODY, type PoolBody } from "./pool-bodies.ts";

const ENTITIES = z.array(POOL_BODY);

/** Airflow: BulkBody[PoolBody]. */
export const POOL_ACTIONS = z.discriminatedUnion("action", [
  z.strictObject({
    action: z.literal("create"),
    entities: ENTITIES,
    action_on_existence: z.enum(["fail", "skip", "overwrite"]).default("fail"),
  }),
  z.strictObject({
    action: z.literal("update"),
    entities: ENTITIES,
    update_mask: z.array(z.string()).nullish(),
    action_on_non_existence: z.enum(["fail", "skip"]).default("fail"),
  }),
  z.strictObject({
    action: z.literal("delete"),
    entities: z.array(z.union([z.string(), POOL_BODY])),
    action_on_non_existence: z.enum(["fail", "skip"]).default("fail"),
  }),
]);
type PoolAction = z.output<typeof POOL_ACTIONS>;

interface ActionAnswer {
  readonly success: string[];
  readonly errors: { readonly error: unknown; readonly status_code: number }[];
}

/** What became of the actions, by their kind; null for a kind that was not asked for. */
export async function changePools(context: PoolsContext, actions: readonly PoolAction[]) {
  const answers: Record<PoolAction["action"], ActionAnswer | null> = {
    create: null,
    update: null,
    delete: null,
  };
  for (const action of actions) {
    const answer = answers[action.action] ?? { success: [], errors: [] };
    answers[action.action] = answer;
    for (const entity of action.entities) {
      const name = typeof entity === "string" ? entity : entity.name;
      try {
        await apply(context, action, entity);
        answer.success.push(name);
      } catch (problem) {
        const refused = toAnswer(problem);
        if (!refused) throw problem;
        const skipped = refused.status === (action.action === "create" ? 409 : 404);
        if (skipped && isSkipping(action)) continue;
        answer.errors.push({ error: refused.body.detail, status_code: refused.status });
      }
    }
  }
  return answers;
}

function isSkipping(action: PoolAction): boolean {
  return action.action === "create"
    ? action.action_on_existence === "skip"
    : action.action_on_non_existence === "skip";
}

async function apply(
  context: PoolsContext,
  action: PoolAction,
  entity: PoolBody | string,
): Promise<void> {
  if (typeof entity === "string" || action.action === "delete") {
    return deletePool(context, typeof entity === "string" ? entity : entity.name);
  }
  const { name, slots, description, include_deferred: includeDeferred } = entity;
  const others = description == null ? {} : { description };
  const pool: PoolRecord = { pool: name, slots, includeDeferred, ...others };
  if (action.action === "create") {
    return action.action_on_existence === "overwrite"
      ? setPool(context, pool)
      : createPool(context, pool);
  }
  const mask = action.update_mask ?? ["slots", "description", "include_deferred"];
  await changePool(context, name, {
    ...(mask.includes("slots") ? { slots } : {}),
    ...(mask.includes("description") ? others : {}),
    ...(mask.includes("include_deferred") ? { includeDeferred } : {}),
  });
}
