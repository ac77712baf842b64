// The DAGs that users mark as their favorites (Airflow: models/dag_favorite.py): one record for each
// user, since a page shows all of them at once.
import type { FavoritesRecord } from "../model/records.ts";
import type { Metadata } from "../ports/metadata.ts";
import { itemsOf } from "../ports/pages.ts";
import { RequestRefused } from "./request-refused.ts";

type Stores = Pick<Metadata, "favorites">;

export interface Favorite {
  readonly user: string;
  readonly dagId: string;
}

/** Ids of the DAGs that the user has marked. */
export async function favoritesOf(
  { favorites }: Stores,
  user: string,
): Promise<ReadonlySet<string>> {
  return new Set((await favorites.get(user))?.dagIds);
}

/** Repeating is safe. */
export function addFavorite(stores: Stores, { user, dagId }: Favorite): Promise<void> {
  return change(stores, user, (dagIds) => (dagIds.includes(dagId) ? dagIds : [...dagIds, dagId]));
}

/** Refused if the user has not marked the DAG. */
export function removeFavorite(stores: Stores, { user, dagId }: Favorite): Promise<void> {
  return change(stores, user, (dagIds) => {
    if (dagIds.includes(dagId)) return dagIds.filter((each) => each !== dagId);
    throw new RequestRefused("conflict", "Dag is not marked as favorite");
  });
}

/** Of all users, for a DAG that is gone. Repeating is safe. */
export async function forgetFavorite(stores: Stores, dagId: string): Promise<void> {
  for await (const { user } of itemsOf(stores.favorites.list)) {
    await change(stores, user, (dagIds) => dagIds.filter((each) => each !== dagId));
  }
}

/** Begins again when another request has changed the record meanwhile. */
async function change(
  { favorites }: Stores,
  user: string,
  next: (dagIds: readonly string[]) => readonly string[],
): Promise<void> {
  for (;;) {
    const found = await favorites.get(user);
    const before = found?.dagIds ?? [];
    const dagIds = next(before);
    if (dagIds.length === before.length) return;
    const record: FavoritesRecord = { user, dagIds };
    if (await favorites.put(record, { revision: found?.revision ?? "" })) return;
  }
}
