// Whole runs over DynamoDB: random DAGs come to the same states, at the same moments, as over
// SQLite.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDynamoDbMetadata } from "../../../src/aws/dynamodb/metadata.ts";
import { createRandom, randomDocument, randomScript } from "../../reference/random-dags.ts";
import { toScript } from "../../reference/scripts.ts";
import { createVirtualProduct, type VirtualProduct } from "../../reference/virtual-product.ts";
import { type DynamoDbServer, startDynamoDb } from "./dynamodb-local.ts";

const DAGS = 30;

describe("runs over DynamoDB", () => {
  let server: DynamoDbServer;
  let overDynamoDb: VirtualProduct;
  let overSqlite: VirtualProduct;
  beforeAll(async () => {
    server = await startDynamoDb();
    const tableName = await server.createTable();
    overDynamoDb = createVirtualProduct({
      store: createDynamoDbMetadata({ client: server.connect(), tableName }),
    });
    overSqlite = createVirtualProduct();
  });
  afterAll(async () => {
    await overSqlite.close();
    await server.stop();
  });

  test(`${DAGS} random DAGs end as over SQLite`, { timeout: 300_000 }, async () => {
    for (let seed = 0; seed < DAGS; seed += 1) {
      const document = randomDocument(seed, { maxTasks: 20, groups: seed % 3 === 0 });
      const script = toScript(randomScript(document, seed));
      const observed = await overDynamoDb.run(document, script);
      expect(observed.reports, `seed ${seed}`).toEqual([]);
      expect(observed, `seed ${seed}`).toEqual(await overSqlite.run(document, script));
    }
  });

  test("engines that die in between change no end", { timeout: 300_000 }, async () => {
    for (let seed = 0; seed < DAGS; seed += 1) {
      const random = createRandom(seed);
      const document = randomDocument(seed + 1_000, { maxTasks: 12 });
      const script = toScript(randomScript(document, seed));
      const deaths = [{ at: random.next() * 20, turns: random.below(6) }];
      const { runState, states } = await overDynamoDb.run(document, script, deaths);
      const expected = await overSqlite.run(document, script);
      expect({ runState, states }, `seed ${seed}`).toEqual({
        runState: expected.runState,
        states: expected.states,
      });
    }
  });
});
