// stepwind roles …: what users may do (Airflow: airflow roles).
import { type Command, Option } from "commander";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { outputOption } from "../options.ts";

interface PermissionOptions {
  readonly action: readonly string[];
  readonly resource: readonly string[];
}

export function addRolesCommands(program: Command, session: Session): void {
  const roles = program
    .command("roles")
    .usage("<command>")
    .helpCommand(false)
    .summary("list, create, delete, add-perms, del-perms")
    .description("Roles: what their users may do.");
  const load = () => import("./role-commands.ts");

  roles
    .command("list")
    .description("all roles; with -p, one line for each permission")
    .option("-p, --permission", "show what they allow", false)
    .addOption(outputOption())
    .action(
      async (
        options: { readonly permission: boolean; readonly output: Output },
        command: Command,
      ) => {
        await (await load()).listRoles(session, placesOf(session, command), options);
      },
    );
  for (const name of ["create", "delete"] as const) {
    roles
      .command(name)
      .description(`${name === "create" ? "make" : "remove"} roles of your own`)
      .argument("<role...>")
      .action(async (names: readonly string[], _: unknown, command: Command) => {
        const { createRoles, deleteRoles } = await load();
        const work = name === "create" ? createRoles : deleteRoles;
        await work(session, placesOf(session, command), names);
      });
  }
  for (const [name, alias] of [
    ["add-perms", "add-permissions"],
    ["del-perms", "delete-permissions"],
  ] as const) {
    const isAdded = name === "add-perms";
    roles
      .command(name)
      .alias(alias)
      .description(isAdded ? "let roles do more" : "let roles do less")
      .argument("<role...>")
      .addOption(
        new Option(
          "-a, --action <action...>",
          "can_read, can_create, can_edit, can_delete",
        ).makeOptionMandatory(),
      )
      .addOption(
        new Option(
          "-r, --resource <resource...>",
          'such as "DAG Runs", Connections, "DAG:my_dag"',
        ).makeOptionMandatory(),
      )
      .action(async (names: readonly string[], options: PermissionOptions, command: Command) => {
        const change = { names, ...options, isAdded };
        await (await load()).changePermissions(session, placesOf(session, command), change);
      });
  }
}
