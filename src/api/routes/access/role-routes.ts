// Roles and what they allow, in the shapes of Airflow's FAB provider (api_fastapi/routes/roles.py).
import type { RolePermission } from "../../../model/access/fab-permissions.ts";
import type { RoleRecord } from "../../../model/access/records.ts";
import { allPermissions } from "../../../model/access/roles.ts";
import type { AskedPermission } from "../../../services/access/roles.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { orderBy } from "./order-by.ts";

const ROLE_ORDERS = {
  name: ({ name }: RoleRecord) => name,
  role_id: ({ name }: RoleRecord) => name,
} as const;

const PERMISSION_ORDERS = {
  id: ({ resource, action }: RolePermission) => `${resource} ${action}`,
  action_id: ({ action }: RolePermission) => action,
  resource_id: ({ resource }: RolePermission) => resource,
} as const;

export const roleOperations: Operations = ({ access: { roles } }) => [
  operation("create_role", {
    permission: "POST role",
    async handle({ body, changed }) {
      const role = await roles.create({ name: body.name, permissions: toAsked(body.actions) });
      changed(undefined, toResponse(role));
      return toResponse(role);
    },
  }),
  operation("get_roles", {
    permission: "GET role",
    query: ["order_by", "limit", "offset"],
    async handle({ query }) {
      const by = query.text("order_by") ?? "name";
      const all = orderBy(await roles.list(), { by, orders: ROLE_ORDERS });
      const { limit, offset } = query.page();
      return {
        roles: all.slice(offset, offset + limit).map(toResponse),
        total_entries: all.length,
      };
    },
  }),
  operation("get_role", {
    permission: "GET role",
    handle: async ({ path }) => toResponse(await roles.get(path.name)),
  }),
  operation("patch_role", {
    permission: "PUT role",
    query: ["update_mask"],
    async handle({ path, query, body, changed }) {
      const before = await roles.get(path.name);
      const mask = query
        .text("update_mask")
        ?.split(",")
        .flatMap((name) => name.trim() || []);
      const unknown = mask?.find((name) => name !== "name" && name !== "actions");
      if (unknown !== undefined) {
        throw new Problem(400, `'${unknown}' in update_mask is unknown`);
      }
      if (body.name !== path.name && (mask?.includes("name") ?? true)) {
        throw new Problem(400, "A role keeps its name; make another one with the new name");
      }
      const isMeant = body.actions !== undefined && (mask?.includes("actions") ?? true);
      if (!isMeant) return toResponse(before);
      const role = await roles.setPermissions(path.name, toAsked(body.actions));
      changed(toResponse(before), toResponse(role));
      return toResponse(role);
    },
  }),
  operation("delete_role", {
    permission: "DELETE role",
    async handle({ path, changed }) {
      const before = await roles.get(path.name);
      await roles.delete(path.name);
      changed(toResponse(before), undefined);
      return undefined;
    },
  }),
  operation("get_permissions", {
    permission: "GET role",
    query: ["order_by", "limit", "offset"],
    async handle({ query }) {
      const by = query.text("order_by") ?? "id";
      const all = orderBy(allPermissions(), { by, orders: PERMISSION_ORDERS });
      const { limit, offset } = query.page();
      return {
        actions: all.slice(offset, offset + limit).map(toPair),
        total_entries: all.length,
      };
    },
  }),
];

function toAsked(actions: readonly Schema<"FabActionResource">[] = []): readonly AskedPermission[] {
  return actions.map(({ action, resource }) => ({ action: action.name, resource: resource.name }));
}

function toPair({ action, resource }: RolePermission) {
  return { action: { name: action }, resource: { name: resource } };
}

function toResponse({ name, permissions }: RoleRecord) {
  return { name, actions: permissions.map(toPair) };
}
