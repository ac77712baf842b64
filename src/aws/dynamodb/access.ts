// Who may do what, in DynamoDB: simple entities all of them.
import {
  type ApiTokenRecord,
  apiTokenKey,
  type DagAccessRecord,
  type RoleRecord,
  type UserRecord,
} from "../../model/access/records.ts";
import { type WebhookRecord, webhookKey } from "../../model/access/webhooks.ts";
import { createCollection } from "./collection.ts";
import { PARTITIONS } from "./keys.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** Users, roles, tokens, webhooks, and what DAGs say of roles. */
export function createAccess(table: DynamoDbTable) {
  return {
    users: createCollection<UserRecord>(table, {
      partition: PARTITIONS.users,
      keyOf: ({ username }) => username,
    }),
    roles: createCollection<RoleRecord>(table, {
      partition: PARTITIONS.roles,
      keyOf: ({ name }) => name,
    }),
    apiTokens: createCollection<ApiTokenRecord>(table, {
      partition: PARTITIONS.apiTokens,
      keyOf: apiTokenKey,
    }),
    dagAccess: createCollection<DagAccessRecord>(table, {
      partition: PARTITIONS.dagAccess,
      keyOf: ({ dagId }) => dagId,
    }),
    webhooks: createCollection<WebhookRecord>(table, {
      partition: PARTITIONS.webhooks,
      keyOf: webhookKey,
    }),
  };
}
