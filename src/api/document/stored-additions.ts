// Our own operations on stored secrets, as additions to Airflow's document.

type Part = Readonly<Record<string, unknown>>;

const TEXT: Part = { type: "string" };
const INTEGER: Part = { type: "integer" };
const FLAG: Part = { type: "boolean" };

function listOf(name: string, required: readonly string[], properties: Part): Part {
  return {
    type: "object",
    required: [name],
    properties: { [name]: { type: "array", items: { type: "object", required, properties } } },
  };
}

export const STORED_SCHEMAS: Readonly<Record<string, Part>> = {
  ExportedConnections: listOf(
    "connections",
    ["connection_id", "conn_type", "is_encrypted", "is_extra_encrypted"],
    {
      connection_id: TEXT,
      conn_type: TEXT,
      description: TEXT,
      host: TEXT,
      login: TEXT,
      password: TEXT,
      schema: TEXT,
      port: INTEGER,
      extra: TEXT,
      is_encrypted: FLAG,
      is_extra_encrypted: FLAG,
    },
  ),
  ExportedVariables: listOf("variables", ["key", "value", "description"], {
    key: TEXT,
    value: TEXT,
    description: { anyOf: [TEXT, { type: "null" }] },
  }),
  EncryptionKeysRotated: {
    type: "object",
    required: ["variables", "connections"],
    properties: { variables: INTEGER, connections: INTEGER },
  },
};

/** `answers` says what an operation answers with the schema of the name. */
export function storedPaths(
  answers: (schema: string, refusals: readonly number[]) => Part,
): Readonly<Record<string, Part>> {
  return {
    "/ui/connections/export": {
      post: {
        tags: ["Connection"],
        summary: "Export Connections",
        description: "The stored connections with their secrets in clear, for a file.",
        operationId: "export_connections",
        parameters: [only("connection_id", "Only the connection of this id.")],
        responses: answers("ExportedConnections", [409]),
      },
    },
    "/ui/variables/export": {
      post: {
        tags: ["Variable"],
        summary: "Export Variables",
        description: "The stored variables with their values in clear, for a file.",
        operationId: "export_variables",
        parameters: [only("key", "Only the variable of this key.")],
        responses: answers("ExportedVariables", [409]),
      },
    },
    "/ui/encryption-keys/rotate": {
      post: {
        tags: ["Connection"],
        summary: "Rotate Encryption Keys",
        description: "Encrypts with the newest key what an older one has encrypted, or none.",
        operationId: "rotate_encryption_keys",
        responses: answers("EncryptionKeysRotated", [409]),
      },
    },
  };
}

function only(name: string, description: string): Part {
  return { name, in: "query", required: false, schema: TEXT, description };
}
