// Several things made, changed and removed by one request (Airflow: BulkBody). An action that is to
// fail where a thing is there already, or isn't, does nothing at all then.
import type { JsonObject } from "../../model/values/json.ts";
import { type ChangeList, noteChange } from "../audit/change-list.ts";
import type { Schema } from "../document/shapes.ts";
import { Problem, toAnswer } from "../problems.ts";

/** One action of such a request, whatever the things are. */
type BulkAction<Body> =
  | {
      readonly action: "create";
      readonly entities: readonly Body[];
      readonly action_on_existence?: "fail" | "skip" | "overwrite";
    }
  | {
      readonly action: "update";
      readonly entities: readonly Body[];
      readonly update_mask?: readonly string[] | null;
      readonly action_on_non_existence?: "fail" | "skip";
    }
  | {
      readonly action: "delete";
      readonly entities: readonly (string | Body)[];
      readonly action_on_non_existence?: "fail" | "skip";
    };

/** What a request of this kind does to one thing. */
export interface BulkKind<Body> {
  /** Words of Airflow's messages: "connections", "connection_ids". */
  readonly words: readonly [things: "connections" | "variables", ids: string];
  idOf(body: Body): string;
  isThere(id: string): Promise<boolean>;
  create(body: Body): Promise<void>;
  overwrite(body: Body): Promise<void>;
  update(body: Body, mask: readonly string[]): Promise<void>;
  remove(id: string): Promise<void>;
  /** The thing without what may be secret, for the event log. */
  show(id: string): Promise<JsonObject | undefined>;
  /** Throws what the caller may not do. */
  check(action: BulkAction<Body>["action"]): void;
}

/** What became of the actions, by their kind; null for a kind that was not asked for. */
export async function changeInBulk<Body>(
  actions: readonly BulkAction<Body>[],
  { changes, ...kind }: BulkKind<Body> & { readonly changes: ChangeList },
): Promise<Schema<"BulkResponse">> {
  const noted = noting(kind, changes);
  for (const { action } of actions) kind.check(action);
  const answers: Record<string, { success: string[]; errors: Record<string, unknown>[] }> = {};
  for (const each of actions) {
    const answer = answers[each.action] ?? { success: [], errors: [] };
    answers[each.action] = answer;
    try {
      await run(each, noted, answer.success);
    } catch (problem) {
      const refused = toAnswer(problem);
      if (!refused) throw problem;
      answer.errors.push({ error: refused.body.detail, status_code: refused.status });
    }
  }
  const { create = null, update = null, delete: removed = null } = answers;
  return { create, update, delete: removed };
}

/** The same things, whose changes are noted. */
function noting<Body>(kind: BulkKind<Body>, changes: ChangeList): BulkKind<Body> {
  const [things] = kind.words;
  const note = (id: string, change: () => Promise<void>) =>
    noteChange(changes, [things, id], { show: () => kind.show(id), change });
  return {
    ...kind,
    create: (body) => note(kind.idOf(body), () => kind.create(body)),
    overwrite: (body) => note(kind.idOf(body), () => kind.overwrite(body)),
    update: (body, mask) => note(kind.idOf(body), () => kind.update(body, mask)),
    remove: (id) => note(id, () => kind.remove(id)),
  };
}

async function run<Body>(
  action: BulkAction<Body>,
  kind: BulkKind<Body>,
  success: string[],
): Promise<void> {
  const idOf = (entity: Body | string) => (typeof entity === "string" ? entity : kind.idOf(entity));
  const ids = [...new Set(action.entities.map(idOf))];
  const areThere = await Promise.all(ids.map((id) => kind.isThere(id)));
  const there = new Set(ids.filter((_, index) => areThere[index]));
  const missing = ids.filter((id) => !there.has(id));
  const [things, words] = kind.words;
  if (action.action === "create") {
    const { action_on_existence: onExistence = "fail" } = action;
    if (onExistence === "fail" && there.size > 0) {
      const detail = `The ${things} with these ${words}: ${toSet([...there])} already exist.`;
      throw new Problem(409, detail);
    }
    for (const body of action.entities) {
      const id = kind.idOf(body);
      if (onExistence === "overwrite") await kind.overwrite(body);
      else if (there.has(id)) continue;
      else await kind.create(body);
      success.push(id);
    }
    return;
  }
  if ((action.action_on_non_existence ?? "fail") === "fail" && missing.length > 0) {
    const detail = `The ${things} with these ${words}: ${toSet(missing)} were not found.`;
    throw new Problem(404, detail);
  }
  if (action.action === "delete") {
    for (const id of there) {
      await kind.remove(id);
      success.push(id);
    }
    return;
  }
  for (const body of action.entities) {
    if (!there.has(kind.idOf(body))) continue;
    await kind.update(body, action.update_mask ?? []);
    success.push(kind.idOf(body));
  }
}

/** As Python prints a set of texts. */
function toSet(ids: readonly string[]): string {
  return `{${ids.map((id) => `'${id}'`).join(", ")}}`;
}
