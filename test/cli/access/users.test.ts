// stepwind users, roles and tokens on a home folder that no server has open.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { captureTerminal, stepwind } from "../captured-terminal.ts";

function createProject(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  return folder;
}

const ANN = ["-u", "ann", "-e", "ann@example.org", "-f", "Ann", "-l", "Lee"];

test("users are made, shown, given roles and removed, with Airflow's words", async () => {
  const folder = createProject();
  const terminal = captureTerminal({ cwd: folder, secret: async () => "correct horse" });
  expect(await main(["users", "create", ...ANN, "-r", "Viewer"], terminal)).toBe(0);
  expect(terminal.written.out).toBe("User ann is there, with role Viewer\n");
  const add = await stepwind(folder, "users", "add-role", "-u", "ann", "-r", "Op");
  expect(add.out).toBe("User ann has role Op\n");
  const again = await stepwind(folder, "users", "add-role", "-u", "ann", "-r", "Op");
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain('User "ann" has role "Op"');
  const list = await stepwind(folder, "users", "list", "-o", "plain");
  expect(list.out).toMatch(/^ann +ann@example.org +Ann +Lee +Viewer, Op +True *$/m);
  await stepwind(folder, "users", "remove-role", "-u", "ann", "-r", "Viewer");
  const json = await stepwind(folder, "users", "list", "-o", "json");
  expect(JSON.parse(json.out)).toMatchObject([{ username: "ann", roles: [{ name: "Op" }] }]);
  const random = await stepwind(
    folder,
    "users",
    "set-password",
    "-u",
    "ann",
    "--use-random-password",
  );
  expect(random.out).toMatch(/^Password: [\w-]{24}$/m);
  const weak = await stepwind(folder, "users", "reset-password", "-u", "ann", "-p", "short");
  expect(weak.err).toContain("The password has 5 characters; set one of at least 12");
  expect((await stepwind(folder, "users", "delete", "-u", "ann")).out).toBe("User ann is gone\n");
  expect((await stepwind(folder, "users", "delete", "-u", "ann")).err).toContain("was not found");
});

test("roles of one's own are made, given permissions, shown and removed", async () => {
  const folder = createProject();
  await stepwind(folder, "roles", "create", "analysts", "ops");
  const add = await stepwind(
    folder,
    ...[
      "roles",
      "add-perms",
      "analysts",
      "-a",
      "can_read",
      "can_edit",
      "-r",
      "DAG Runs",
      "DAG:etl",
    ],
  );
  expect(add.out).toBe(
    "Role analysts allows: can_read on DAG Runs, can_edit on DAG Runs, can_read on DAG:etl, can_edit on DAG:etl\n",
  );
  await stepwind(folder, "roles", "del-perms", "analysts", "-a", "can_edit", "-r", "DAG Runs");
  const list = await stepwind(folder, "roles", "list", "-p", "-o", "json");
  const mine = JSON.parse(list.out).filter(({ name }: { name: string }) => name === "analysts");
  expect(mine).toEqual([
    { name: "analysts", resource: "DAG Runs", action: "can_read" },
    { name: "analysts", resource: "DAG:etl", action: "can_read" },
    { name: "analysts", resource: "DAG:etl", action: "can_edit" },
  ]);
  expect((await stepwind(folder, "roles", "list", "-o", "plain")).out).toContain("Viewer");
  await stepwind(folder, "roles", "delete", "analysts");
  const gone = await stepwind(folder, "roles", "delete", "analysts");
  expect(gone.err).toContain("Role with name 'analysts' does not exist.");
});

test("tokens are made for a user, listed and revoked", async () => {
  const folder = createProject();
  await stepwind(folder, "users", "create", ...ANN, "-r", "Viewer", "-p", "correct horse");
  const made = await stepwind(folder, "tokens", "create", "ci", "-u", "ann", "--days", "7");
  expect(made.out).toMatch(/^stepwind\.YW5u\.[0-9a-f]{16}\.[\w-]{43}\n$/);
  const list = await stepwind(folder, "tokens", "list", "-u", "ann", "-o", "json");
  const [token] = JSON.parse(list.out);
  expect(token).toMatchObject({ name: "ci", username: "ann" });
  const unclear = await stepwind(folder, "tokens", "revoke", "-u", "ann");
  expect(unclear).toMatchObject({ code: 2 });
  const revoke = await stepwind(folder, "tokens", "revoke", token.id, "-u", "ann");
  expect(revoke.out).toBe(`Token ${token.id} is void\n`);
  expect((await stepwind(folder, "tokens", "list", "-u", "ann", "-o", "json")).out).toBe("[]\n");
});
