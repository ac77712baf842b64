// stepwind assets …: what DAGs produce and wait for (Airflow: airflow assets).
import type { Command } from "commander";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { outputOption } from "../options.ts";
import type { AssetName } from "./asset-commands.ts";

export function addAssetsCommands(program: Command, session: Session): void {
  const assets = program
    .command("assets")
    .usage("<command>")
    .helpCommand(false)
    .summary("list, details, materialize")
    .description("Assets: what tasks produce, and what DAGs wait for.");
  const load = () => import("./asset-commands.ts");
  type Shown = { readonly output: Output };

  assets
    .command("list")
    .description("all assets that are active, or all aliases")
    .option("--alias", "aliases instead")
    .addOption(outputOption())
    .action(async ({ output, alias }: Shown & { alias?: boolean }, command: Command) => {
      const { listAliases, listAssets } = await load();
      const places = placesOf(session, command);
      await (alias ? listAliases : listAssets)(session, places, output);
    });
  assets
    .command("details")
    .description("one asset, or one alias, by its name or URI")
    .option("--name <name>")
    .option("--uri <uri>")
    .option("--alias", "an alias instead")
    .addOption(outputOption())
    .action(async (options: Shown & AssetName & { alias?: boolean }, command: Command) => {
      await (await load()).showAsset(session, placesOf(session, command), options);
    });
  assets
    .command("materialize")
    .description("run the one DAG that has the asset as outlet")
    .option("--name <name>")
    .option("--uri <uri>")
    .addOption(outputOption())
    .action(async (options: Shown & AssetName, command: Command) => {
      await (await load()).materializeAsset(session, placesOf(session, command), options);
    });
}
