// stepwind users …, roles …, tokens …, login, logout: who may do what (Airflow: airflow users,
// airflow roles).
import { type Command, InvalidArgumentError, Option } from "commander";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { outputOption } from "../options.ts";
import { addRolesCommands } from "./roles.ts";

interface UserOptions {
  readonly username: string;
  readonly email: string;
  readonly firstname: string;
  readonly lastname: string;
  readonly role: string;
  readonly password?: string;
  readonly useRandomPassword: boolean;
}

type Named = Pick<UserOptions, "username">;

export function addAccessCommands(program: Command, session: Session): void {
  addUsersCommands(program, session);
  addRolesCommands(program, session);
  addTokensCommands(program, session);
  program
    .command("login")
    .description("log in to the server at --url, and keep the token for the other commands")
    .option("-u, --username <name>", "the user (STEPWIND_USERNAME; admin)")
    .option("--with-token", "keep an API token, read from stdin, in place of a password", false)
    .action(async (options: Partial<Named> & { readonly withToken: boolean }, command: Command) => {
      const { logIn } = await import("./log-in.ts");
      await logIn(session, placesOf(session, command), options);
    });
  program
    .command("logout")
    .description("forget the token that login has kept for the server at --url")
    .action(async (_: unknown, command: Command) => {
      const { logOut } = await import("./log-in.ts");
      await logOut(session, placesOf(session, command));
    });
}

function addUsersCommands(program: Command, session: Session): void {
  const users = program
    .command("users")
    .usage("<command>")
    .helpCommand(false)
    .summary("create, list, delete, set-password, add-role, remove-role")
    .description("Users who may log in to the API.");
  const load = () => import("./user-commands.ts");

  users
    .command("create")
    .description("make a user")
    .addOption(nameOption())
    .requiredOption("-e, --email <address>", "the user's address")
    .requiredOption("-f, --firstname <name>", "the first name")
    .requiredOption("-l, --lastname <name>", "the last name")
    .requiredOption("-r, --role <role>", "Viewer, User, Op, Admin, Public or one of your own")
    .option("-p, --password <password>", "the password; asked for, or read from stdin, when absent")
    .option("--use-random-password", "make a password, and print it", false)
    .action(async (options: UserOptions, command: Command) => {
      await (await load()).createUser(session, placesOf(session, command), options);
    });
  users
    .command("list")
    .description("all users")
    .addOption(outputOption())
    .action(async ({ output }: { readonly output: Output }, command: Command) => {
      await (await load()).listUsers(session, placesOf(session, command), output);
    });
  users
    .command("delete")
    .description("remove a user with all tokens")
    .addOption(nameOption())
    .action(async ({ username }: Named, command: Command) => {
      await (await load()).deleteUser(session, placesOf(session, command), username);
    });
  users
    .command("set-password")
    .alias("reset-password")
    .description("give a user another password, which makes the user's tokens void")
    .addOption(nameOption())
    .option("-p, --password <password>", "the password; asked for, or read from stdin, when absent")
    .option("--use-random-password", "make a password, and print it", false)
    .action(async (options: UserOptions, command: Command) => {
      await (await load()).setPassword(session, placesOf(session, command), options);
    });
  for (const [name, what] of [
    ["add-role", "give a user a role"],
    ["remove-role", "take a role from a user"],
  ] as const) {
    users
      .command(name)
      .description(what)
      .addOption(nameOption())
      .requiredOption("-r, --role <role>", "the role")
      .action(async ({ username, role }: UserOptions, command: Command) => {
        const change = { username, role, isAdded: name === "add-role" };
        await (await load()).changeRole(session, placesOf(session, command), change);
      });
  }
}

function addTokensCommands(program: Command, session: Session): void {
  const tokens = program
    .command("tokens")
    .usage("<command>")
    .helpCommand(false)
    .summary("create, list, revoke")
    .description("API tokens of users, for programs.");
  const load = () => import("./token-commands.ts");
  const ofUser = () =>
    new Option("-u, --username <name>", "whose; your own when absent").default("~", "you");

  tokens
    .command("create")
    .description("make a token, and print it: it is shown this once")
    .argument("<name>", "what it is for")
    .addOption(ofUser())
    .option("--days <days>", "days for which it counts; until it is revoked when absent", toDays)
    .action(async (name: string, options: Named & { readonly days?: number }, command: Command) => {
      const wish = { ...options, name };
      await (await load()).createToken(session, placesOf(session, command), wish);
    });
  tokens
    .command("list")
    .description("the tokens of a user")
    .addOption(ofUser())
    .addOption(outputOption())
    .action(async (options: Named & { readonly output: Output }, command: Command) => {
      await (await load()).listTokens(session, placesOf(session, command), options);
    });
  tokens
    .command("revoke")
    .description("make a token void, or all of a user's with all log-ins")
    .argument("[id]", "its id, as in the list")
    .addOption(ofUser())
    .option("--all", "all of the user's", false)
    .action(
      async (
        id: string | undefined,
        options: Named & { readonly all: boolean },
        command: Command,
      ) => {
        const wish = { ...options, ...(id === undefined ? {} : { id }) };
        await (await load()).revokeToken(session, placesOf(session, command), wish);
      },
    );
}

function nameOption(): Option {
  return new Option("-u, --username <name>", "the user").makeOptionMandatory();
}

function toDays(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 3_650) return Number(text);
  throw new InvalidArgumentError("It is a number of days from 1 to 3650.");
}
