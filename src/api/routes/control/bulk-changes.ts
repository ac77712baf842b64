// Several runs or task instances changed and removed by one request (Airflow: BulkService). An
// action that is to fail where one of them isn't there does nothing at all then.
import type { Schema } from "../../document/shapes.ts";
import { Problem, toAnswer } from "../../problems.ts";

/** An action of such a request. */
export interface BulkAction<Entity> {
  readonly action: "create" | "update" | "delete";
  readonly entities: readonly (string | Entity)[];
  readonly update_mask?: readonly string[] | null;
  readonly action_on_non_existence?: "fail" | "skip";
}

/** What such a request does to the things of a kind. `Key` names a thing. */
export interface BulkKind<Entity, Key> {
  /** What is told to who wants to make some. */
  readonly notCreated: string;
  /** Throws for one that isn't named wholly. */
  keyOf(entity: string | Entity): Key;
  /** Throws where the caller may not do it. */
  check(key: Key, action: "update" | "delete"): void;
  /** The things that it names: none if it isn't there. */
  find(key: Key): Promise<readonly Key[]>;
  /** What is told of those that aren't there. */
  describeMissing(keys: readonly Key[]): string;
  update(key: Key, entity: Entity, mask: readonly string[]): Promise<void>;
  remove(key: Key): Promise<void>;
  /** How the answer names it. */
  nameOf(key: Key): string;
}

type Outcome = { readonly success: string[]; readonly errors: Record<string, unknown>[] };

/** What became of the actions, by their kind; null for a kind that was not asked for. */
export async function changeInBulk<Entity, Key>(
  actions: readonly BulkAction<Entity>[],
  kind: BulkKind<Entity, Key>,
): Promise<Schema<"BulkResponse">> {
  const outcomes: Partial<Record<BulkAction<Entity>["action"], Outcome>> = {};
  for (const action of actions) {
    const outcome = outcomes[action.action] ?? { success: [], errors: [] };
    outcomes[action.action] = outcome;
    await noting(outcome, async () => {
      if (action.action === "create") throw new Problem(405, kind.notCreated);
      await run(action, kind, outcome);
    });
  }
  const { create = null, update = null, delete: removed = null } = outcomes;
  return { create, update, delete: removed };
}

async function run<Entity, Key>(
  action: BulkAction<Entity>,
  kind: BulkKind<Entity, Key>,
  outcome: Outcome,
): Promise<void> {
  const isUpdate = action.action === "update";
  const meant: { readonly entity: string | Entity; readonly keys: readonly Key[] }[] = [];
  const missing: Key[] = [];
  for (const entity of action.entities) {
    await noting(outcome, async () => {
      const key = kind.keyOf(entity);
      kind.check(key, isUpdate ? "update" : "delete");
      const keys = await kind.find(key);
      if (keys.length === 0) missing.push(key);
      meant.push({ entity, keys });
    });
  }
  if (missing.length > 0 && action.action_on_non_existence !== "skip") {
    throw new Problem(404, kind.describeMissing(missing));
  }
  // One that is named twice is changed once, as it is named last.
  const last = new Map<string, { readonly entity: string | Entity; readonly key: Key }>();
  for (const { entity, keys } of meant) {
    for (const key of keys) last.set(kind.nameOf(key), { entity, key });
  }
  for (const [name, { entity, key }] of last) {
    await noting(outcome, async () => {
      if (isUpdate && typeof entity !== "string") {
        await kind.update(key, entity, action.update_mask ?? []);
      } else await kind.remove(key);
      outcome.success.push(name);
    });
  }
}

/** What the work is refused for belongs to the answer. */
async function noting({ errors }: Outcome, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (problem) {
    const refused = toAnswer(problem);
    if (!refused) throw problem;
    errors.push({ error: refused.body.detail, status_code: refused.status });
  }
}
