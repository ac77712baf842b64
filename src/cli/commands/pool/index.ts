// stepwind pools …: how many tasks may use something at once (Airflow: airflow pools).
import { type Command, InvalidArgumentError } from "commander";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { outputOption } from "../options.ts";

export function addPoolsCommands(program: Command, session: Session): void {
  const pools = program
    .command("pools")
    .usage("<command>")
    .helpCommand(false)
    .summary("list, get, set, delete, import, export")
    .description("Pools: how many tasks may use something at once, over all DAGs.");
  const load = () => import("./pool-commands.ts");
  type Shown = { readonly output: Output };

  pools
    .command("list")
    .description("all pools, with their slots in use")
    .addOption(outputOption())
    .action(async ({ output }: Shown, command: Command) => {
      await (await load()).listPools(session, placesOf(session, command), output);
    });
  pools
    .command("get")
    .description("one pool")
    .argument("<name>")
    .addOption(outputOption())
    .action(async (name: string, { output }: Shown, command: Command) => {
      await (await load()).showPool(session, placesOf(session, command), { name, output });
    });
  pools
    .command("set")
    .description("make a pool, or change one")
    .argument("<name>")
    .argument("<slots>", "slots; -1 for any number", toSlots)
    .argument("<description>")
    .option("--include-deferred", "deferred tasks keep their slots")
    .action(
      async (
        name: string,
        slots: number,
        description: string,
        { includeDeferred = false }: { readonly includeDeferred?: boolean },
        command: Command,
      ) => {
        const pool = { name, slots, description, include_deferred: includeDeferred };
        await (await load()).setPool(session, placesOf(session, command), pool);
      },
    );
  pools
    .command("delete")
    .description("remove a pool; its tasks don't start until there is one of its name again")
    .argument("<name>")
    .action(async (name: string, _: unknown, command: Command) => {
      await (await load()).deletePool(session, placesOf(session, command), name);
    });
  pools
    .command("import")
    .description("make or change the pools of a JSON file")
    .argument("<file>")
    .action(async (file: string, _: unknown, command: Command) => {
      await (await load()).importPools(session, placesOf(session, command), file);
    });
  pools
    .command("export")
    .description("write all pools into a JSON file")
    .argument("<file>")
    .action(async (file: string, _: unknown, command: Command) => {
      await (await load()).exportPools(session, placesOf(session, command), file);
    });
}

/** "-1" would be an option to commander, but for arguments that are numbers. */
function toSlots(text: string): number {
  const slots = Number(text);
  if (Number.isSafeInteger(slots) && slots >= -1) return slots;
  throw new InvalidArgumentError("It must be a whole number from 0 on, or -1 for any number.");
}
