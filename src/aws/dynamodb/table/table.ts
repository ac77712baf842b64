// The one DynamoDB table, as plain data: infra creates it from here, and so do tests. The meaning
// of its keys is described in metadata.ts.

/** Attribute with the epoch second after which DynamoDB may remove an item (gate tokens). */
export const TIME_TO_LIVE = "expiresAt";

/** The only index, sparse: it holds the runs. Everything else is found by the table's own keys. */
export const RUN_INDEX = "runs";

/** What CreateTable takes besides the name: keys, index, on-demand capacity. */
export const TABLE_DEFINITION = {
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
    { AttributeName: "runsPk", AttributeType: "S" },
    { AttributeName: "runsSk", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: RUN_INDEX,
      KeySchema: [
        { AttributeName: "runsPk", KeyType: "HASH" },
        { AttributeName: "runsSk", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "KEYS_ONLY" },
    },
  ],
  BillingMode: "PAY_PER_REQUEST",
} as const;
