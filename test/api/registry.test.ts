// The operations of the API and the document that they are declared by.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mergeDocument, writeOperations } from "../../scripts/api/merge-document.ts";
import { readDocument } from "../../src/api/document/read-document.ts";
import { FILES } from "../../src/api/operation-files.ts";
import { createAccessServices } from "../../src/services/access/access-services.ts";
import { createApiProduct } from "./api-product.ts";

const folder = new URL("../../src/api/document/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

test("what is generated is that of Airflow's document and our additions", () => {
  const document = mergeDocument(JSON.parse(read("airflow-3.3.2.json")));
  const hint = "npm run generate:api";
  expect(JSON.stringify(readDocument()) === JSON.stringify(document), hint).toBe(true);
  expect(read("generated/operations.ts"), hint).toBe(writeOperations(document));
});

test("each file has the operations that the registry says, and none is in two", async () => {
  const { platform, services } = await createApiProduct();
  const access = createAccessServices({ ...platform, hasAdmin: false });
  const context = { platform, services, access, version: "1.2.3", testsConnections: false };
  for (const { ids, load } of FILES) {
    const made = (await load())(context).map(({ id }) => id);
    expect(made.toSorted()).toEqual([...ids].sort());
  }
  const all = FILES.flatMap(({ ids }) => ids);
  expect(all.length).toBe(new Set(all).size);
});
