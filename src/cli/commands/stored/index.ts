// stepwind connections …, stepwind variables … (Airflow: airflow connections, airflow variables,
// airflow rotate-fernet-key).
import { type Command, Option } from "commander";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { outputOption } from "../options.ts";
import type { AddOptions } from "./connection-commands.ts";
import type { FileFormat } from "./connection-files.ts";
import type { OnExisting } from "./variable-commands.ts";

interface ListOptions {
  readonly output: Output;
  readonly showValues?: boolean;
  readonly hideSensitive?: boolean;
}

const FORMATS = ["json", "yaml", "env"];

export function addStoredCommands(program: Command, session: Session): void {
  addConnectionsCommands(program, session);
  addVariablesCommands(program, session);
  program
    .command("rotate-fernet-key")
    .description("encrypt stored connections and variables again, with the newest key")
    .action(async (_: unknown, command: Command) => {
      const { rotateKeys } = await import("./connection-commands.ts");
      await rotateKeys(session, placesOf(session, command));
    });
}

function addConnectionsCommands(program: Command, session: Session): void {
  const connections = program
    .command("connections")
    .usage("<command>")
    .helpCommand(false)
    .summary("list, get, add, delete, import, export, test, create-default-connections")
    .description("Connections: where tasks find other systems, with the secrets for them.");
  const load = () => import("./connection-commands.ts");

  addListOptions(connections.command("list").description("all stored connections")).action(
    async (
      { output, showValues = false, hideSensitive = false }: ListOptions,
      command: Command,
    ) => {
      const { listConnections } = await load();
      const shown = { output, showValues, hideSensitive };
      await listConnections(session, placesOf(session, command), shown);
    },
  );
  connections
    .command("get")
    .description("one connection, with its secrets")
    .argument("<conn_id>")
    .addOption(outputOption())
    .action(async (connId: string, { output }: ListOptions, command: Command) => {
      await (await load()).showConnection(session, placesOf(session, command), { connId, output });
    });
  connections
    .command("add")
    .description("store a new connection")
    .argument("<conn_id>")
    .option("--conn-uri <uri>", "the whole connection as a URI")
    .option("--conn-json <json>", "the whole connection as JSON")
    .option("--conn-type <type>", "its type, such as postgres")
    .option("--conn-description <text>", "what it is for")
    .option("--conn-host <host>")
    .option("--conn-login <login>")
    .option("--conn-password <password>")
    .option("--conn-schema <schema>")
    .option("--conn-port <port>")
    .option("--conn-extra <json>", "a JSON object with what else it needs")
    .action(async (connId: string, options: AddOptions, command: Command) => {
      const { addConnection } = await load();
      await addConnection(session, placesOf(session, command), { connId, options });
    });
  connections
    .command("delete")
    .description("remove a stored connection")
    .argument("<conn_id>")
    .action(async (connId: string, _: unknown, command: Command) => {
      await (await load()).deleteConnection(session, placesOf(session, command), connId);
    });
  connections
    .command("test")
    .description("connect to what a stored connection names, where the server allows tests")
    .argument("<conn_id>")
    .action(async (connId: string, _: unknown, command: Command) => {
      await (await load()).testConnection(session, placesOf(session, command), connId);
    });
  connections
    .command("create-default-connections")
    .description("store Airflow's examples of each type")
    .action(async (_: unknown, command: Command) => {
      await (await load()).createDefaultConnections(session, placesOf(session, command));
    });
  addConnectionFiles(connections, session);
}

function addConnectionFiles(connections: Command, session: Session): void {
  connections
    .command("import")
    .description("store the connections of a .json, .yaml or .env file")
    .argument("<file>")
    .option("--overwrite", "replace those that are stored")
    .action(
      async (file: string, { overwrite = false }: { overwrite?: boolean }, command: Command) => {
        const { importConnections } = await import("./connection-commands.ts");
        await importConnections(session, placesOf(session, command), { file, overwrite });
      },
    );
  connections
    .command("export")
    .description('write all stored connections into a file, with their secrets; "-" is stdout')
    .argument("<file>")
    .addOption(new Option("--file-format <format>").choices(FORMATS))
    .addOption(new Option("--format <format>", "the same").choices(FORMATS).hideHelp())
    .addOption(
      new Option("--serialization-format <form>", "of connections in .env (default: uri)").choices([
        "json",
        "uri",
      ]),
    )
    .action(
      async (
        file: string,
        options: {
          readonly fileFormat?: FileFormat;
          readonly format?: FileFormat;
          readonly serializationFormat?: "json" | "uri";
        },
        command: Command,
      ) => {
        const { exportConnections } = await import("./connection-files.ts");
        await exportConnections(session, placesOf(session, command), {
          file,
          format: options.fileFormat ?? options.format,
          serialization: options.serializationFormat,
        });
      },
    );
}

function addVariablesCommands(program: Command, session: Session): void {
  const variables = program
    .command("variables")
    .usage("<command>")
    .helpCommand(false)
    .summary("list, get, set, delete, import, export")
    .description("Variables: values that tasks read, and may set, by their keys.");
  const load = () => import("./variable-commands.ts");

  addListOptions(variables.command("list").description("all stored variables")).action(
    async (
      { output, showValues = false, hideSensitive = false }: ListOptions,
      command: Command,
    ) => {
      const { listVariables } = await load();
      const shown = { output, showValues, hideSensitive };
      await listVariables(session, placesOf(session, command), shown);
    },
  );
  variables
    .command("get")
    .description("the value of a stored variable")
    .argument("<key>")
    .option("-j, --json", "read the value as JSON")
    .option("-d, --default <value>", "what is printed when there is none")
    .action(
      async (key: string, options: { json?: boolean; default?: string }, command: Command) => {
        const shown = { key, isJson: options.json ?? false, otherwise: options.default };
        await (await load()).showVariable(session, placesOf(session, command), shown);
      },
    );
  variables
    .command("set")
    .description("store a variable, or change one")
    .argument("<key>")
    .argument("<value>")
    .option("--description <text>", "what it is for")
    .option("-j, --json", "store the value as a JSON text")
    .action(
      async (
        key: string,
        value: string,
        { description, json = false }: { description?: string; json?: boolean },
        command: Command,
      ) => {
        const variable = {
          key,
          value: json ? JSON.stringify(value) : value,
          ...(description === undefined ? {} : { description }),
        };
        await (await load()).setVariable(session, placesOf(session, command), variable);
      },
    );
  variables
    .command("delete")
    .description("remove a stored variable")
    .argument("<key>")
    .action(async (key: string, _: unknown, command: Command) => {
      await (await load()).deleteVariable(session, placesOf(session, command), key);
    });
  addVariableFiles(variables, session);
}

function addVariableFiles(variables: Command, session: Session): void {
  const load = () => import("./variable-commands.ts");
  variables
    .command("import")
    .description("store the variables of a .json, .yaml or .env file")
    .argument("<file>")
    .addOption(
      new Option("-a, --action-on-existing-key <action>", "what becomes of those that are stored")
        .choices(["overwrite", "fail", "skip"])
        .default("overwrite"),
    )
    .action(
      async (file: string, options: { actionOnExistingKey: OnExisting }, command: Command) => {
        const given = { file, onExisting: options.actionOnExistingKey };
        await (await load()).importVariables(session, placesOf(session, command), given);
      },
    );
  variables
    .command("export")
    .description('write all stored variables into a JSON file; "-" is stdout')
    .argument("<file>")
    .action(async (file: string, _: unknown, command: Command) => {
      await (await load()).exportVariables(session, placesOf(session, command), file);
    });
}

function addListOptions(command: Command): Command {
  return command
    .addOption(outputOption())
    .option("--show-values", "with their values")
    .option("--hide-sensitive", "with --show-values: without what may be secret");
}
