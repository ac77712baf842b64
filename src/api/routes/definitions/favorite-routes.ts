// /dags/{dag_id}/favorite and /unfavorite: the DAGs that the caller has marked.
import { addFavorite, favoritesOf, removeFavorite } from "../../../services/favorites.ts";
import type { ApiContext } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { favoriteUser } from "./dag-facts.ts";

export const favoriteOperations: Operations = (context) => {
  const { metadata } = context.platform;
  return [
    operation("favorite_dag", {
      permission: "GET dag",
      async handle({ path: { dag_id: dagId }, c, changed }) {
        await requireDag(context, dagId);
        const user = favoriteUser(c.var.principal);
        const before = (await favoritesOf(metadata, user)).has(dagId);
        await addFavorite(metadata, { user, dagId });
        changed({ is_favorite: before }, { is_favorite: true });
        return undefined;
      },
    }),

    operation("unfavorite_dag", {
      permission: "GET dag",
      async handle({ path: { dag_id: dagId }, c, changed }) {
        await requireDag(context, dagId);
        await removeFavorite(metadata, { user: favoriteUser(c.var.principal), dagId });
        changed({ is_favorite: true }, { is_favorite: false });
        return undefined;
      },
    }),
  ];
};

async function requireDag({ platform }: ApiContext, dagId: string): Promise<void> {
  if (await platform.metadata.dags.get(dagId)) return;
  throw new Problem(404, `Dag with id '${dagId}' not found`);
}
