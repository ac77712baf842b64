// What the `stepwind assets` commands do.
import { type Api, path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";

/** Which asset is meant. */
export interface AssetName {
  readonly name?: string;
  readonly uri?: string;
}

interface AssetAnswer {
  readonly id: number;
  readonly name: string;
  readonly uri: string;
  readonly group: string;
  readonly extra: unknown;
}

interface AliasAnswer {
  readonly id: number;
  readonly name: string;
  readonly group: string;
}

interface RunAnswer {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly state: string;
}

const ASSET_COLUMNS: readonly Column<AssetAnswer>[] = [
  { name: "name", value: ({ name }) => name },
  { name: "uri", value: ({ uri }) => uri },
  { name: "group", value: ({ group }) => group },
  { name: "extra", value: ({ extra }) => JSON.stringify(extra) },
];
const ALIAS_COLUMNS: readonly Column<AliasAnswer>[] = [
  { name: "name", value: ({ name }) => name },
  { name: "group", value: ({ group }) => group },
];
const RUN_COLUMNS: readonly Column<RunAnswer>[] = [
  { name: "dag_id", value: (run) => run.dag_id },
  { name: "dag_run_id", value: (run) => run.dag_run_id },
  { name: "state", value: ({ state }) => state },
];

const PAGE = 1_000;

export async function listAssets(session: Session, places: Places, output: Output): Promise<void> {
  await withConnection(places, async ({ api }) => {
    await printRows(session, await everyAsset(api), { columns: ASSET_COLUMNS, output });
  });
}

export async function listAliases(session: Session, places: Places, output: Output): Promise<void> {
  await withConnection(places, async ({ api }) => {
    await printRows(session, await everyAlias(api), { columns: ALIAS_COLUMNS, output });
  });
}

export async function showAsset(
  session: Session,
  places: Places,
  {
    output,
    alias = false,
    ...wanted
  }: AssetName & { readonly output: Output; readonly alias?: boolean },
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    if (!alias) {
      const asset = await findAsset(api, wanted);
      await printRows(session, [asset], { columns: ASSET_COLUMNS, output });
      return;
    }
    if (wanted.name === undefined) throw new Failure("Give the name of the alias by --name");
    const found = (await everyAlias(api)).find(({ name }) => name === wanted.name);
    if (!found) throw new Failure(`There is no alias of the name "${wanted.name}"`);
    await printRows(session, [found], { columns: ALIAS_COLUMNS, output });
  });
}

export async function materializeAsset(
  session: Session,
  places: Places,
  { output, ...wanted }: AssetName & { readonly output: Output },
): Promise<void> {
  const work = async ({ api }: { readonly api: Api }) => {
    const { id } = await findAsset(api, wanted);
    const run = await api.post<RunAnswer>(path`/assets/${String(id)}/materialize`, {});
    await printRows(session, [run], { columns: RUN_COLUMNS, output });
  };
  await withConnection(places, work, "change");
}

/** The one active asset of the name, the URI or both. */
async function findAsset(api: Api, { name, uri }: AssetName): Promise<AssetAnswer> {
  if (name === undefined && uri === undefined) {
    throw new Failure("Give the asset by --name, --uri or both");
  }
  const found = (await everyAsset(api)).filter(
    (asset) =>
      (name === undefined || asset.name === name) && (uri === undefined || asset.uri === uri),
  );
  const told = [
    ...(name === undefined ? [] : [`name "${name}"`]),
    ...(uri === undefined ? [] : [`URI "${uri}"`]),
  ];
  const [first, second] = found;
  if (!first) {
    throw new Failure(`There is no active asset with ${told.join(" and ")}`, {
      hint: "stepwind assets list shows all",
    });
  }
  if (second) throw new Failure(`There is more than one asset with ${told.join(" and ")}`);
  return first;
}

async function everyAsset(api: Api): Promise<readonly AssetAnswer[]> {
  const found: AssetAnswer[] = [];
  for (;;) {
    const page = await api.get<{
      readonly assets: readonly AssetAnswer[];
      readonly total_entries: number;
    }>("/assets", { limit: PAGE, offset: found.length });
    found.push(...page.assets);
    if (page.assets.length === 0 || found.length >= page.total_entries) return found;
  }
}

async function everyAlias(api: Api): Promise<readonly AliasAnswer[]> {
  const found: AliasAnswer[] = [];
  for (;;) {
    const page = await api.get<{
      readonly asset_aliases: readonly AliasAnswer[];
      readonly total_entries: number;
    }>("/assets/aliases", { limit: PAGE, offset: found.length });
    found.push(...page.asset_aliases);
    if (page.asset_aliases.length === 0 || found.length >= page.total_entries) return found;
  }
}
