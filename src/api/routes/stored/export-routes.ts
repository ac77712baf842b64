// Our own operations on stored secrets: what the command line exports, in clear, and the change to
// a new encryption key. Only who may change connections or variables may see them.

import { listConnections, showConnection } from "../../../services/stored/connections.ts";
import { rotateKeys } from "../../../services/stored/rotate-keys.ts";
import { createStoredContext } from "../../../services/stored/stored-context.ts";
import { listVariables, showVariable } from "../../../services/stored/variables.ts";
import { forbidden } from "../../access/forbidden.ts";
import { type Operations, operation } from "../../operation.ts";

export const exportOperations: Operations = ({ platform }) => {
  const context = createStoredContext(platform);
  return [
    operation("export_connections", {
      permission: "PUT connection",
      query: ["connection_id"],
      async handle({ query }) {
        const wanted = query.text("connection_id");
        const records = (await listConnections(context)).filter(
          ({ connId }) => wanted === undefined || connId === wanted,
        );
        const connections = [];
        for (const record of records) {
          const { connection, problem, isEncrypted, isExtraEncrypted } = await showConnection(
            context,
            record,
          );
          if (problem) throw problem;
          const { connId, connType, ...others } = connection;
          connections.push({
            connection_id: connId,
            conn_type: connType,
            ...others,
            is_encrypted: isEncrypted,
            is_extra_encrypted: isExtraEncrypted,
          });
        }
        return { connections };
      },
    }),

    operation("export_variables", {
      permission: "PUT variable",
      query: ["key"],
      async handle({ query }) {
        const wanted = query.text("key");
        const records = (await listVariables(context)).filter(
          ({ key }) => wanted === undefined || key === wanted,
        );
        const variables = [];
        for (const record of records) {
          const { key, value, description = null, problem } = await showVariable(context, record);
          if (value === undefined) throw problem;
          variables.push({ key, value, description });
        }
        return { variables };
      },
    }),

    operation("rotate_encryption_keys", {
      permission: "PUT connection",
      async handle({ c, changed }) {
        if (!c.var.principal.may("PUT variable")) throw forbidden("PUT variable");
        const rotated = await rotateKeys(context);
        changed(undefined, { ...rotated });
        return rotated;
      },
    }),
  ];
};
