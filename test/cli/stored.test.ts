// stepwind connections and variables, with Airflow's words, on a home folder that no server has open.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { stepwind } from "./captured-terminal.ts";

function createProject() {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  const run = async (...argv: readonly string[]) => {
    const answer = await stepwind(folder, ...argv);
    expect(answer.code, `${argv.join(" ")}: ${answer.err}`).toBe(0);
    return answer.out;
  };
  return { folder, run, fail: (...argv: readonly string[]) => stepwind(folder, ...argv) };
}

const URI = "postgres://etl:pa55w0rd@db:5432/public?sslmode=require";

test("connections are added, listed, shown and deleted; what is stored is encrypted", async () => {
  const { folder, run, fail } = createProject();
  await run("connections", "list");
  expect(existsSync(join(folder, ".stepwind", "encryption-keys"))).toBe(false);
  expect(await run("connections", "add", "warehouse", "--conn-uri", URI)).toBe(
    "Successfully added `conn_id`=warehouse\n",
  );
  const fields = ["--conn-type", "http", "--conn-host", "h", "--conn-port", "80"];
  await run("connections", "add", "api", ...fields, "--conn-extra", '{"api_token": "t0k3n-1"}');
  const keys = join(folder, ".stepwind", "encryption-keys");
  expect(statSync(keys).mode & 0o777).toBe(0o600);
  const database = readFileSync(join(folder, ".stepwind", "metadata.db"), "latin1");
  for (const secret of ["pa55w0rd", "t0k3n-1", "sslmode"]) expect(database).not.toContain(secret);
  expect(JSON.parse(await run("connections", "list", "-o", "json"))).toEqual([
    { conn_id: "api", conn_type: "http" },
    { conn_id: "warehouse", conn_type: "postgres" },
  ]);
  const [shown] = JSON.parse(await run("connections", "get", "warehouse", "-o", "json"));
  expect(shown).toMatchObject({
    password: "pa55w0rd",
    port: 5432,
    is_encrypted: true,
    is_extra_encrypted: true,
    extra_dejson: { sslmode: "require" },
    get_uri: URI,
  });
  const list = ["connections", "list", "--show-values"];
  expect(await run(...list)).toContain(URI);
  const hidden = await run(...list, "--hide-sensitive", "-o", "json");
  expect(hidden).not.toMatch(/pa55w0rd|t0k3n-1|require/);
  expect(hidden).toContain("postgres://***:***@db:5432/public?***");
  await run("connections", "delete", "api");
  for (const command of ["get", "delete", "test"]) {
    expect((await fail("connections", command, "api")).err, command).toContain("api");
  }
  const again = await fail("connections", "add", "warehouse", "--conn-uri", URI);
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining("already exists") });
});

test.each([
  [["--conn-uri", URI, "--conn-json", "{}"], "Cannot supply both conn-uri and conn-json"],
  [[], "Must supply either conn-uri or conn-json"],
  [["--conn-uri", URI, "--conn-host", "h"], "--conn-host"],
  [["--conn-json", "{}", "--conn-extra", "{}"], "--conn-extra"],
  [["--conn-type", "http", "--conn-port", "x"], '"x" is not a port'],
])("wrong arguments %j are refused", async (args, message) => {
  const answer = await createProject().fail("connections", "add", "c", ...args);
  expect(answer).toMatchObject({ code: 2, err: expect.stringContaining(message) });
});

test.each(["json", "yaml", "env"])(
  "connections go through a file of %s unchanged",
  async (format) => {
    const { folder, run } = createProject();
    await run("connections", "add", "warehouse", "--conn-uri", URI);
    const json =
      '{"conn_type": "aws", "login": "A/B", "password": "p@:/?#ü", "extra": {"n": {"a": [1]}}}';
    await run("connections", "add", "cloud", "--conn-json", json);
    const file = join(folder, `all.${format}`);
    expect(await run("connections", "export", file)).toBe(
      `2 connections successfully exported to ${file}\n`,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = await run("connections", "list", "--show-values", "-o", "json");
    const other = createProject();
    expect(await other.run("connections", "import", file)).toBe(
      "Imported connection cloud\nImported connection warehouse\n",
    );
    expect(await other.run("connections", "list", "--show-values", "-o", "json")).toBe(before);
    expect(await other.run("connections", "import", file)).toContain(
      "Could not import connection cloud: connection already exists.",
    );
    expect(await other.run("connections", "import", file, "--overwrite")).toContain(
      "Imported connection cloud",
    );
  },
);

test("an export has Airflow's form, and stdout takes it", async () => {
  const { run } = createProject();
  await run("connections", "add", "warehouse", "--conn-uri", URI);
  expect(await run("connections", "export", "-", "--file-format", "env")).toBe(
    `warehouse=${URI}\n`,
  );
  expect(JSON.parse(await run("connections", "export", "-"))).toEqual({
    warehouse: {
      conn_type: "postgres",
      description: null,
      login: "etl",
      password: "pa55w0rd",
      host: "db",
      port: 5432,
      schema: "public",
      extra: '{"sslmode": "require"}',
    },
  });
  const env = ["--file-format", "env", "--serialization-format", "json"];
  expect(await run("connections", "export", "-", ...env)).toContain('warehouse={"conn_type": ');
});

test("a file that is wrong is refused by its line or entry, and its secrets aren't repeated", async () => {
  const { folder, fail } = createProject();
  for (const [name, text, message] of [
    ["a.env", "a=http://h\nb s3cret-1", "line 2"],
    ["a.env", "a=http://s3cret-1\na=http://h", "second time"],
    ["a.json", '{"a": "s3cret-1"', "can't be read as JSON"],
    ["a.json", '["s3cret-1"]', "must hold an object"],
    ["a.yaml", "a: [s3cret-1", "can't be read as YAML"],
    ["a.json", '{"a": {"conn_type": "http", "hots": "s3cret-1"}}', 'unknown field "hots"'],
    ["a.json", '{"a": 5}', '"a"'],
    ["a.txt", "s3cret-1", "extensions"],
  ] as const) {
    writeFileSync(join(folder, name), text);
    const { code, err } = await fail("connections", "import", join(folder, name));
    expect(code, text).toBe(1);
    expect(err, text).toContain(message);
    expect(err, text).not.toContain("s3cret-1");
  }
});

test("variables are set, shown, listed and deleted", async () => {
  const { folder, run, fail } = createProject();
  expect(await run("variables", "set", "api_token", "t0k3n-1", "--description", "d")).toBe(
    "Variable api_token created\n",
  );
  await run("variables", "set", "limits", '{"rows": 5}');
  expect(readFileSync(join(folder, ".stepwind", "metadata.db"), "latin1")).not.toContain("t0k3n-1");
  expect(await run("variables", "get", "api_token")).toBe("t0k3n-1\n");
  expect(await run("variables", "get", "limits", "--json")).toBe('{"rows": 5}\n');
  expect(await run("variables", "get", "none", "-d", "x")).toBe("x\n");
  expect((await fail("variables", "get", "none")).err).toContain("Variable none does not exist");
  expect(JSON.parse(await run("variables", "list", "-o", "json"))).toEqual([
    { key: "api_token" },
    { key: "limits" },
  ]);
  expect(await run("variables", "list", "--show-values")).toContain("t0k3n-1");
  expect(await run("variables", "list", "--show-values", "--hide-sensitive")).not.toMatch(
    /t0k3n|rows/,
  );
  expect((await fail("variables", "list", "--hide-sensitive")).code).toBe(2);
  await run("variables", "delete", "limits");
  expect((await fail("variables", "delete", "limits")).code).toBe(1);
});

test("variables go through a file unchanged, and one that is there is handled as told", async () => {
  const { folder, run, fail } = createProject();
  const values = {
    a: "1",
    b: '{"rows": 5}',
    c: "plain",
    d: "1.0",
    e: '"text"',
    f: "12345678901234567890",
  };
  for (const [key, value] of Object.entries(values)) await run("variables", "set", key, value);
  await run("variables", "set", "described", "x", "--description", "why");
  const file = join(folder, "variables.json");
  await run("variables", "export", file);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    a: 1,
    b: { rows: 5 },
    c: "plain",
    described: { value: "x", description: "why" },
  });
  const other = createProject();
  expect(await other.run("variables", "import", file)).toBe(
    "7 of 7 variables successfully updated.\n",
  );
  for (const [key, value] of Object.entries({ ...values, b: '{\n  "rows": 5\n}' })) {
    expect(await other.run("variables", "get", key), key).toBe(`${value}\n`);
  }
  const again = await other.fail("variables", "import", file, "-a", "fail");
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining("already exist") });
  expect(await other.run("variables", "import", file, "-a", "skip")).toContain("0 of 7");
  expect(await fail("variables", "import", join(folder, "no.json"))).toMatchObject({ code: 1 });
});

test("a new key in front encrypts everything again, and a lost one is named", async () => {
  const { folder, run, fail } = createProject();
  await run("connections", "add", "warehouse", "--conn-uri", URI);
  await run("variables", "set", "region", "eu");
  const keys = join(folder, ".stepwind", "encryption-keys");
  const old = readFileSync(keys, "utf8");
  const added = Buffer.alloc(32, 7).toString("base64");
  writeFileSync(keys, `${added}\n${old}`);
  expect(await run("rotate-fernet-key")).toBe(
    "Encrypted again with the newest key: 1 variables, 1 connections\n",
  );
  writeFileSync(keys, `${added}\n`);
  expect(await run("variables", "get", "region")).toBe("eu\n");
  writeFileSync(keys, old);
  for (const command of [
    ["variables", "get", "region"],
    ["connections", "export", "-"],
    ["rotate-fernet-key"],
  ]) {
    const { code, err } = await fail(...command);
    expect(code).toBe(1);
    expect(err).toMatch(
      /can't be decrypted: it was encrypted with key [0-9a-f]{8}, and .*encryption-keys has/,
    );
  }
});

test("dags test finds what is stored, and stores nothing itself", async () => {
  const { folder, run } = createProject();
  await run("connections", "add", "warehouse", "--conn-uri", URI);
  await run("variables", "set", "region", "eu");
  writeFileSync(
    join(folder, "dags", "reads.ts"),
    `import { Dag, getClient } from "stepwind";
export const dag = new Dag("reads", { schedule: null });
dag.task("t", async () => {
  const client = getClient();
  const { host, port } = await client.getConnectionOrThrow("warehouse");
  const before = await client.getVariable("region");
  await client.setVariable("region", "us");
  console.log(host, port, before, await client.getVariable("region"));
})();
`,
  );
  expect(await run("dags", "test", "reads")).toContain("db 5432 eu us");
  expect(await run("variables", "get", "region")).toBe("eu\n");
});
