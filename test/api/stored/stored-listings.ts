// Connections and variables in listings: cases of query-parameters.test.ts.
import type { ApiProduct } from "../api-product.ts";
import type { Listing } from "../listing-cases.ts";

/** Puts what the listings show. */
async function prepare({ metadata }: ApiProduct): Promise<void> {
  await metadata.connections.put({ connId: "api", connType: "http", host: "z", port: 1 });
  await metadata.connections.put({
    connId: "warehouse",
    connType: "postgres",
    host: "a",
    port: 5432,
    description: "ours",
  });
  await metadata.variables.put({ key: "a/b", value: "2" });
  await metadata.variables.put({ key: "region", value: "1", description: "where" });
}

const REVERSED = ["warehouse", "api"];

export const listings: Readonly<Record<string, Listing>> = {
  "/connections": {
    items: "connections",
    id: "connection_id",
    prepare,
    all: ["api", "warehouse"],
    queries: {
      "limit=1": ["api"],
      "offset=1": ["warehouse"],
      "order_by=-conn_id": REVERSED,
      "order_by=-connection_id": REVERSED,
      "order_by=-id": REVERSED,
      "order_by=-conn_type": REVERSED,
      "order_by=-description": REVERSED,
      "order_by=host": REVERSED,
      "order_by=-port": REVERSED,
      "connection_id_pattern=HOUSE": ["warehouse"],
      "connection_id_prefix_pattern=ap": ["api"],
    },
  },
  "/variables": {
    items: "variables",
    id: "key",
    prepare,
    all: ["a/b", "region"],
    queries: {
      "limit=1": ["a/b"],
      "offset=1": ["region"],
      "order_by=-key": ["region", "a/b"],
      "order_by=-id": ["region", "a/b"],
      "order_by=_val": ["region", "a/b"],
      "order_by=-description": ["region", "a/b"],
      "variable_key_pattern=EGI": ["region"],
      "variable_key_prefix_pattern=a": ["a/b"],
    },
  },
};

export const others: Readonly<Record<string, readonly string[]>> = {
  "patch /connections/{connection_id}": ["update_mask"],
  "patch /variables/{variable_key}": ["update_mask"],
};

export const ids: Readonly<Record<string, string>> = {
  connection_id: "warehouse",
  variable_key: "region",
};
