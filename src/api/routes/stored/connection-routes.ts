// /connections: connections that are stored in the metadata. Those of the environment and of the
// secrets store are not here, as in Airflow.

import type { ConnectionRecord } from "../../../model/records.ts";
import {
  addConnection,
  createConnection,
  deleteConnection,
  getConnection,
  listConnections,
  setConnection,
  showConnection,
} from "../../../services/stored/connections.ts";
import {
  createStoredContext,
  type StoredContext,
} from "../../../services/stored/stored-context.ts";
import { forbidden } from "../../access/forbidden.ts";
import { createChangeList } from "../../audit/change-list.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { type BulkKind, changeInBulk } from "../../requests/bulk.ts";
import { byPattern, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import { toConnectionResponse, withoutValues } from "../../responses/stored-responses.ts";
import {
  CONNECTION_FIELDS,
  type ConnectionBody,
  changeConnection,
  toConnectionFields,
} from "./connection-bodies.ts";

const FILTERS: readonly Filter<ConnectionRecord>[] = [
  byPattern("connection_id", ({ connId }) => connId),
];
const ORDER: OrderKeys<ConnectionRecord> = {
  connection_id: ({ connId }) => connId,
  conn_id: ({ connId }) => connId,
  id: ({ connId }) => connId,
  conn_type: ({ connType }) => connType,
  description: ({ description }) => description,
  host: ({ host }) => host,
  port: ({ port }) => port,
  team_name: () => null,
};

export const connectionOperations: Operations = ({ platform }) => {
  const context = createStoredContext(platform);
  const answer = async (record: ConnectionRecord) =>
    toConnectionResponse((await showConnection(context, record)).connection);
  const stored = async (connId: string) => answer(await getConnection(context, connId));

  return [
    operation("get_connections", {
      permission: "GET connection",
      query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
      async handle({ query }) {
        const tests = testsOf(FILTERS, query, platform.clock.now());
        const all = await listConnections(context);
        const found = all.filter((each) => tests.every((test) => test(each)));
        const page = cut(ordered(found, { query, keys: ORDER }), query.page());
        return { connections: await Promise.all(page.map(answer)), total_entries: found.length };
      },
    }),

    operation("post_connection", {
      permission: "POST connection",
      async handle({ body, changed }) {
        await createConnection(context, toConnectionFields(body));
        const made = await stored(body.connection_id);
        changed(undefined, withoutValues(made));
        return made;
      },
    }),

    bulkOperation(context),

    operation("get_connection", {
      permission: "GET connection",
      handle: ({ path }) => stored(path.connection_id),
    }),

    operation("patch_connection", {
      permission: "PUT connection",
      query: ["update_mask"],
      async handle({ path: { connection_id: connId }, query, body, changed }) {
        if (body.connection_id !== connId) {
          throw new Problem(
            400,
            "The connection_id in the request body does not match the URL parameter",
          );
        }
        const before = await stored(connId);
        await patch(context, body, query.choices("update_mask", CONNECTION_FIELDS));
        const after = await stored(connId);
        changed(withoutValues(before), withoutValues(after));
        return after;
      },
    }),

    operation("delete_connection", {
      permission: "DELETE connection",
      async handle({ path, changed }) {
        const before = await stored(path.connection_id);
        await deleteConnection(context, path.connection_id);
        changed(withoutValues(before), undefined);
        return undefined;
      },
    }),

    createDefaults(context),
  ];
};

function bulkOperation(context: StoredContext) {
  return operation("bulk_connections", {
    permission: "PUT connection",
    handle: ({ body, c, changed }) =>
      changeInBulk(body.actions, {
        ...bulkOf(context),
        changes: createChangeList(changed),
        check(action) {
          if (!c.var.principal.may(`${ACTIONS[action]} connection`)) {
            throw forbidden(`${ACTIONS[action]} connection`);
          }
        },
        async show(connId) {
          const found = await context.metadata.connections.get(connId);
          if (!found) return undefined;
          const { connection } = await showConnection(context, found);
          return withoutValues(toConnectionResponse(connection));
        },
      }),
  });
}

function createDefaults(context: StoredContext) {
  return operation("create_default_connections", {
    permission: "POST connection",
    async handle({ changed }) {
      const { DEFAULT_CONNECTIONS } = await import(
        "../../../model/connections/default-connections.ts"
      );
      const changes = createChangeList(changed);
      for (const connection of DEFAULT_CONNECTIONS) {
        if (!(await addConnection(context, connection))) continue;
        const after = withoutValues(toConnectionResponse(connection));
        changes.add("connections", connection.connId, { before: undefined, after });
      }
      return undefined;
    },
  });
}

const ACTIONS = { create: "POST", update: "PUT", delete: "DELETE" } as const;

async function patch(
  context: StoredContext,
  body: ConnectionBody,
  mask: readonly string[],
): Promise<void> {
  const record = await getConnection(context, body.connection_id);
  const { connection, problem } = await showConnection(context, record);
  const losesPassword = record.sealedPassword !== undefined && !body.password;
  const losesExtra = record.sealedExtra !== undefined && body.extra === undefined;
  if (problem && (losesPassword || losesExtra)) throw problem;
  await setConnection(context, changeConnection(connection, body, mask));
}

function bulkOf(context: StoredContext): Omit<BulkKind<ConnectionBody>, "check" | "show"> {
  return {
    words: ["connections", "connection_ids"],
    idOf: (body) => body.connection_id,
    isThere: async (connId) => (await context.metadata.connections.get(connId)) !== undefined,
    create: (body) => createConnection(context, toConnectionFields(body)),
    overwrite: (body) => setConnection(context, toConnectionFields(body)),
    update: (body, mask) => patch(context, body, mask),
    remove: (connId) => deleteConnection(context, connId),
  };
}
