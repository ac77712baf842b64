// The document that is served, the page that shows it, and the tables of docs/rest-api.md.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withRestTables, writeRestTables } from "../../../scripts/api/rest-tables.ts";
import { createApiServer } from "../../../src/api/api-server.ts";
import { FILES } from "../../../src/api/operation-files.ts";
import { createAccessServices } from "../../../src/services/access/access-services.ts";
import { createApiProduct } from "../api-product.ts";

interface Served {
  readonly info: { readonly version: string };
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly operationId: string;
            readonly parameters?: readonly { readonly name: string; readonly in: string }[];
          }
        >
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

async function readServed(): Promise<{ readonly document: Served; readonly text: string }> {
  const { app } = await createApiProduct();
  const answer = await app.request("/openapi.json");
  expect(answer.headers.get("content-type")).toBe("application/json");
  const text = await answer.text();
  return { document: JSON.parse(text), text };
}

test("the document has the operations that there are, and how to log in", async () => {
  const { document } = await readServed();
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  const known = FILES.flatMap((file) => file.ids);
  expect(ids.sort()).toEqual([...new Set([...known, "create_token"])].sort());
  expect(document.info.version).toBe("1.2.3");
});

test("the document has what its operations refer to, and nothing else", async () => {
  const { document, text } = await readServed();
  const refs = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name,
  );
  const { schemas } = document.components;
  expect(Object.keys(schemas).sort()).toEqual([...new Set(refs)].sort());
});

test("the document has the query parameters that are taken", async () => {
  const { document } = await readServed();
  const namesOf = (path: string, method: string) =>
    document.paths[`/api/v2${path}`]?.[method]?.parameters?.map(({ name }) => name);
  expect(namesOf("/backfills/dry_run", "post")).toEqual(["explain"]);
  expect(namesOf("/dagStats", "get")).toEqual(["dag_ids"]);
});

test("document and page are for everybody", async () => {
  const { platform, services } = await createApiProduct();
  const app = createApiServer(platform, services, {
    logIn: { password: async () => "a-long-password" },
  });
  expect((await app.request("/openapi.json")).status).toBe(200);
  expect((await app.request("/docs")).status).toBe(200);
  expect((await app.request("/api/v2/dags")).status).toBe(401);
});

test("the page needs nothing from elsewhere, and its policy allows nothing else", async () => {
  const { app } = await createApiProduct();
  const answer = await app.request("/docs");
  const page = await answer.text();
  expect(page).not.toMatch(/https?:\/\//);
  expect(page).toContain('fetch("openapi.json")');
  expect(answer.headers.get("content-security-policy")).toMatch(
    /^default-src 'none'; connect-src 'self'; style-src 'sha256-\S+'; script-src 'sha256-\S+'$/,
  );
});

test("the tables in the docs say what there is", async () => {
  const { platform, services } = await createApiProduct();
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
  const airflow = JSON.parse(read("src/api/document/airflow-3.3.2.json"));
  const access = createAccessServices({ ...platform, hasAdmin: false });
  const context = { platform, services, access, version: "1.2.3", testsConnections: false };
  const tables = await writeRestTables(airflow, context);
  expect(tables.match(/^\| `.*` \| (supported|404) \|/gm)).toHaveLength(128);
  const page = read("docs/rest-api.md");
  expect(page === withRestTables(page, tables), "npm run generate:api").toBe(true);
});
