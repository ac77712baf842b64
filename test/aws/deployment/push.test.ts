// stepwind push against S3: what is uploaded, left and deleted.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Pushed, push } from "../../../src/aws/deployment/push.ts";
import { createS3DagSource } from "../../../src/aws/s3/dag-source.ts";
import { createFolderDagSource } from "../../../src/local/folder-dag-source.ts";
import { bundleDagFile } from "../../../src/services/dag-processing/bundle.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { createBucket } from "../buckets.ts";

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

const FILES = {
  "orders.ts": `import { Dag } from "stepwind"; import { n } from "./lib/n.ts"; import { word } from "words"; new Dag("orders" + n + word);`,
  "lib/n.ts": "export const n = 1;",
  "lib/query.sql": "select 'ä'",
  "picture.png": "no text",
  ".env": "SECRET=1",
  "node_modules/words/package.json": `{ "name": "words", "type": "module", "main": "index.js" }`,
  "node_modules/words/index.js": `export const word = "hi";`,
};

test("push uploads what changed, packages first and DAG files last, and deletes when told to", async () => {
  const folder = temporaryFolder();
  write(folder, FILES);
  const { client, bucket } = await createBucket();
  const options = { source: createFolderDagSource(folder), bucket, deletesGone: false };

  const first = await push(options);
  expect(first.uploaded).toEqual(["_packages/words.mjs", "lib/n.ts", "lib/query.sql", "orders.ts"]);
  expect(first.leftOut).toEqual(["picture.png"]);
  const uploaded = createS3DagSource({ client, bucket });
  expect(await uploaded.read("lib/query.sql")).toBe("select 'ä'");
  expect(hashOf(first)).toMatch(/^[0-9a-f]{32}$/);
  expect(await bundleDagFile(uploaded, "orders.ts")).toMatchObject({ hash: hashOf(first) });

  const same = await push(options);
  expect(same).toMatchObject({ uploaded: [], deleted: [], gone: [] });
  expect(hashOf(same)).toBe(hashOf(first));

  write(folder, { "lib/n.ts": "export const n = 2;" });
  rmSync(join(folder, "lib/query.sql"));
  const changed = await push(options);
  expect(changed).toMatchObject({ uploaded: ["lib/n.ts"], deleted: [], gone: ["lib/query.sql"] });
  expect(hashOf(changed)).not.toBe(hashOf(first));

  const cleaned = await push({ ...options, deletesGone: true });
  expect(cleaned).toMatchObject({ uploaded: [], deleted: ["lib/query.sql"], gone: [] });
  expect(await uploaded.list()).toEqual(["_packages/words.mjs", "lib/n.ts", "orders.ts"]);
});

test("progress counts the uploads", async () => {
  const folder = temporaryFolder();
  write(folder, FILES);
  const seen: string[] = [];
  const onUpload = ({ done, of }: { done: number; of: number }) => void seen.push(`${done}/${of}`);
  const source = createFolderDagSource(folder);
  const { bucket } = await createBucket();
  await push({ source, bucket, deletesGone: false, onUpload });
  expect(seen.at(0)).toBe("0/4");
  expect(seen.at(-1)).toBe("4/4");
});

function hashOf({ expected }: Pushed): string | undefined {
  const bundle = expected.get("orders.ts")?.bundle;
  return bundle?.ok ? bundle.hash : undefined;
}

test("a changed helper is uploaded alone: the deployment processes the files that import it", async () => {
  const folder = temporaryFolder();
  const dagFile = (index: number) =>
    `import { Dag } from "stepwind"; import { n } from "./lib/n.ts"; new Dag("dag_${index}" + n);`;
  const names = Array.from({ length: 202 }, (_, index) => `dag_${index}.ts`);
  write(folder, { "lib/n.ts": "export const n = 1;" });
  write(folder, Object.fromEntries(names.map((name, index) => [name, dagFile(index)])));
  const { bucket } = await createBucket();
  const options = { source: createFolderDagSource(folder), bucket, deletesGone: false };
  const first = await push(options);
  const imported = new Map(
    [...first.expected].map(([file, { bundle }]) => [
      file,
      {
        file,
        ...(bundle.ok ? { bundleHash: bundle.hash } : {}),
        imports: bundle.imports,
        dagIds: [],
        diagnostics: [],
        processedAt: "",
      },
    ]),
  );
  expect((await push({ ...options, imported })).uploaded).toEqual([]);

  write(folder, { "lib/n.ts": "export const n = 2;" });
  // Of a file whose event was lost the deployment knows nothing.
  imported.delete("dag_7.ts");
  const changed = await push({ ...options, imported });
  expect(changed.uploaded).toEqual(["lib/n.ts", "dag_7.ts"]);
});
