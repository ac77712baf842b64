// /variables: variables that are stored in the metadata. Those of the environment and of the
// secrets store are not here, as in Airflow.

import { mergeMasked } from "../../../model/connections/merge-masked.ts";
import { toPythonJson } from "../../../model/connections/python-json.ts";
import { MASK } from "../../../model/connections/secret-masker.ts";
import type { VariableRecord } from "../../../model/records.ts";
import type { Json } from "../../../model/values/json.ts";
import {
  createStoredContext,
  type StoredContext,
} from "../../../services/stored/stored-context.ts";
import {
  createVariable,
  deleteVariable,
  getVariable,
  listVariables,
  setVariable,
  showVariable,
  type Variable,
} from "../../../services/stored/variables.ts";
import { forbidden } from "../../access/forbidden.ts";
import { createChangeList } from "../../audit/change-list.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { type BulkKind, changeInBulk } from "../../requests/bulk.ts";
import { byPattern, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import { toVariableResponse, withoutValues } from "../../responses/stored-responses.ts";
import { refuseTeam } from "./teams.ts";

type VariableBody = Schema<"VariableBody">;

const FILTERS: readonly Filter<VariableRecord>[] = [byPattern("variable_key", ({ key }) => key)];
const ORDER: OrderKeys<VariableRecord> = {
  key: ({ key }) => key,
  id: ({ key }) => key,
  // Airflow's column, whose text is encrypted there as well.
  _val: ({ value }) => value,
  description: ({ description }) => description,
  is_encrypted: ({ isEncrypted = false }) => isEncrypted,
};
/** What `update_mask` may name. */
const FIELDS = ["key", "value", "description", "team_name"] as const;

export const variableOperations: Operations = ({ platform }) => {
  const context = createStoredContext(platform);
  const answer = async (record: VariableRecord) =>
    toVariableResponse(await showVariable(context, record));
  const stored = async (key: string) => answer(await getVariable(context, key));

  return [
    operation("get_variables", {
      permission: "GET variable",
      query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
      async handle({ query }) {
        const tests = testsOf(FILTERS, query, platform.clock.now());
        const all = await listVariables(context);
        const found = all.filter((each) => tests.every((test) => test(each)));
        const page = cut(ordered(found, { query, keys: ORDER }), query.page());
        return { variables: await Promise.all(page.map(answer)), total_entries: found.length };
      },
    }),

    operation("post_variable", {
      permission: "POST variable",
      async handle({ body, changed }) {
        if (body.key === "") throw emptyKey();
        await createVariable(context, toVariable(body));
        const made = await stored(body.key);
        changed(undefined, withoutValues(made));
        return made;
      },
    }),

    operation("bulk_variables", {
      permission: "PUT variable",
      handle: ({ body, c, changed }) =>
        changeInBulk(body.actions, {
          ...bulkOf(context),
          changes: createChangeList(changed),
          async show(key) {
            const found = await platform.metadata.variables.get(key);
            return found && withoutValues(await answer(found));
          },
          check(action) {
            if (!c.var.principal.may(`${ACTIONS[action]} variable`)) {
              throw forbidden(`${ACTIONS[action]} variable`);
            }
          },
        }),
    }),

    operation("get_variable", {
      permission: "GET variable",
      handle: ({ path }) => stored(path.variable_key),
    }),

    operation("patch_variable", {
      permission: "PUT variable",
      query: ["update_mask"],
      async handle({ path: { variable_key: key }, query, body, changed }) {
        if (body.key !== key) {
          throw new Problem(400, "Invalid body, key from request body doesn't match uri parameter");
        }
        const before = await stored(key);
        await patch(context, body, query.choices("update_mask", FIELDS));
        const after = await stored(key);
        changed(withoutValues(before), withoutValues(after));
        return after;
      },
    }),

    operation("delete_variable", {
      permission: "DELETE variable",
      async handle({ path, changed }) {
        const before = await stored(path.variable_key);
        await deleteVariable(context, path.variable_key);
        changed(withoutValues(before), undefined);
        return undefined;
      },
    }),
  ];
};

const ACTIONS = { create: "POST", update: "PUT", delete: "DELETE" } as const;

function toVariable({ key, value, description, team_name: team }: VariableBody): Variable {
  refuseTeam(team);
  return {
    key,
    value: typeof value === "string" ? value : toPythonJson(value, 2),
    ...(description === null || description === undefined ? {} : { description }),
  };
}

/** What was shown masked, and comes back so, stays. */
async function patch(
  context: StoredContext,
  body: VariableBody,
  mask: readonly string[],
): Promise<void> {
  const { key } = body;
  const record = await getVariable(context, key);
  const given = toVariable(body);
  const shown = await showVariable(context, record);
  const isMeant = (name: string) => mask.length === 0 || mask.includes(name);
  const { description: before } = shown;
  const description =
    isMeant("description") && body.description !== undefined ? given.description : before;
  const value = isMeant("value") ? merge(key, given.value, shown.value) : shown.value;
  if (value === undefined) throw shown.problem;
  await setVariable(context, {
    key,
    value,
    ...(description === undefined ? {} : { description }),
  });
}

function merge(key: string, given: string, stored: string | undefined): string {
  if (stored === undefined || !given.includes(MASK)) return given;
  const [after, before] = [parse(given), parse(stored)];
  const merged = mergeMasked(after, before, key);
  if (merged === before) return stored;
  return typeof merged === "string" ? merged : toPythonJson(merged);
}

/** A text that is no JSON stands for itself. */
function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function bulkOf(context: StoredContext): Omit<BulkKind<VariableBody>, "check" | "show"> {
  return {
    words: ["variables", "keys"],
    idOf: ({ key }) => key,
    isThere: async (key) => (await context.metadata.variables.get(key)) !== undefined,
    create: (body) => createVariable(context, toVariable(body)),
    overwrite: (body) => setVariable(context, toVariable(body)),
    update: (body, mask) => patch(context, body, mask),
    remove: (key) => deleteVariable(context, key),
  };
}

function emptyKey(): InvalidRequest {
  const msg = "String should have at least 1 character";
  return new InvalidRequest([{ type: "string_too_short", loc: ["body", "key"], msg, input: "" }]);
}
