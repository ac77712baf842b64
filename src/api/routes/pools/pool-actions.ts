// Several pools made, changed and removed by one request; what one of them is refused for is told,
// and the others go on.

import type { Permission } from "../../../model/access/permissions.ts";
import {
  changePool,
  createPool,
  deletePool,
  findPool,
  type PoolsContext,
  setPool,
} from "../../../services/limits/pools.ts";
import { forbidden } from "../../access/forbidden.ts";
import type { Principal } from "../../access/principal.ts";
import { type ChangeList, noteChange } from "../../audit/change-list.ts";
import type { Schema } from "../../document/shapes.ts";
import { toAnswer } from "../../problems.ts";
import { toAuditedPool } from "../../responses/pool-responses.ts";
import { POOL_FIELDS, toPool } from "./pool-bodies.ts";

type PoolBody = Schema<"PoolBody">;
type PoolAction = Schema<"BulkBody_PoolBody_">["actions"][number];

interface ActionAnswer {
  readonly success: string[];
  readonly errors: { readonly error: unknown; readonly status_code: number }[];
}

/** What an action asks of the caller besides changing pools. */
const PERMISSIONS = {
  create: "POST pool",
  update: "PUT pool",
  delete: "DELETE pool",
} as const satisfies Readonly<Record<PoolAction["action"], Permission>>;

/**
 * What became of the actions, by their kind; null for a kind that was not asked for. Refused as a
 * whole if the caller may not do one of them.
 */
export async function changePools(
  context: PoolsContext,
  actions: readonly PoolAction[],
  { principal, changes }: { readonly principal: Principal; readonly changes: ChangeList },
): Promise<Schema<"BulkResponse">> {
  const refused = actions.find(({ action }) => !principal.may(PERMISSIONS[action]));
  if (refused) throw forbidden(PERMISSIONS[refused.action]);
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
        await noteChange(changes, ["pools", name], {
          show: async () => {
            const pool = await findPool(context, name);
            return pool && toAuditedPool(pool);
          },
          change: () => apply(context, action, entity),
        });
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
  const pool = toPool(entity, "actions", "entities", "name");
  if (action.action === "create") {
    return action.action_on_existence === "overwrite"
      ? setPool(context, pool)
      : createPool(context, pool);
  }
  const { pool: name, slots, description, includeDeferred } = pool;
  const mask: readonly string[] = action.update_mask ?? POOL_FIELDS;
  await changePool(context, name, {
    ...(mask.includes("slots") ? { slots } : {}),
    ...(mask.includes("description") && description !== undefined ? { description } : {}),
    ...(mask.includes("include_deferred") ? { includeDeferred } : {}),
  });
}
