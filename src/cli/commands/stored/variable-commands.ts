// What the `stepwind variables` commands do.
import { toPythonJson } from "../../../model/connections/python-json.ts";
import { MASK } from "../../../model/connections/secret-masker.ts";
import { type Api, path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { printRows } from "../../terminal/show.ts";
import { countOf } from "../../terminal/text.ts";
import { checkShown, type ShownValues } from "./list-options.ts";
import { isRecord, readSecretFile, writeSecretFile } from "./secret-files.ts";

interface Variable {
  readonly key: string;
  readonly value: string;
  readonly description?: string | null;
}

export async function listVariables(
  session: Session,
  places: Places,
  shown: ShownValues,
): Promise<void> {
  checkShown(shown);
  const { output, showValues, hideSensitive } = shown;
  const key = { name: "key", value: (row: { readonly key: string }) => row.key };
  await withConnection(places, async ({ api }) => {
    if (!showValues) {
      await printRows(session, await everyKey(api), { columns: [key], output });
      return;
    }
    const rows = (await exportedVariables(api)).map(({ key: name, value }) => ({
      key: name,
      val: hideSensitive ? MASK : value,
    }));
    const value = { name: "val", value: (row: { readonly val: string }) => row.val };
    await printRows(session, rows, { columns: [key, value], output });
  });
}

export async function showVariable(
  { terminal }: Session,
  places: Places,
  {
    key,
    isJson,
    otherwise,
  }: { readonly key: string; readonly isJson: boolean; readonly otherwise: string | undefined },
): Promise<void> {
  const [found] = await withConnection(places, ({ api }) => exportedVariables(api, key));
  if (!found) {
    if (otherwise === undefined) throw new Failure(`Variable ${key} does not exist`);
    terminal.out(`${otherwise}\n`);
    return;
  }
  terminal.out(`${isJson ? toPythonJson(parseJson(found)) : found.value}\n`);
}

function parseJson({ key, value }: Variable): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new Failure(`The value of variable ${key} is not JSON; leave out --json`);
  }
}

export async function setVariable(
  { terminal }: Session,
  places: Places,
  { key, value, description }: Variable,
): Promise<void> {
  await withConnection(
    places,
    ({ api }) => putVariables(api, [{ key, value, description: description ?? null }], "overwrite"),
    "change",
  );
  terminal.out(`Variable ${key} created\n`);
}

export async function deleteVariable(
  { terminal }: Session,
  places: Places,
  key: string,
): Promise<void> {
  await withConnection(places, ({ api }) => api.delete(path`/variables/${key}`), "change");
  terminal.out(`Variable ${key} deleted\n`);
}

export type OnExisting = "overwrite" | "fail" | "skip";

export async function importVariables(
  { terminal }: Session,
  places: Places,
  { file, onExisting }: { readonly file: string; readonly onExisting: OnExisting },
): Promise<void> {
  const variables = Object.entries(await readSecretFile(file)).map(readEntry);
  const work = ({ api }: { readonly api: Api }) => putVariables(api, variables, onExisting);
  const made = await withConnection(places, work, "change");
  terminal.out(`${made.length} of ${variables.length} variables successfully updated.\n`);
  const skipped = variables.map(({ key }) => key).filter((key) => !made.includes(key));
  if (skipped.length === 0) return;
  terminal.out(
    `The variables with these keys: ${skipped.join(", ")} were skipped because they already exists\n`,
  );
}

/** Airflow: an object with "value" says the description as well. */
function readEntry([key, given]: [string, unknown]): Variable {
  const isDescribed = isRecord(given) && "value" in given;
  const value = isDescribed ? given.value : given;
  const description =
    isDescribed && typeof given.description === "string" ? given.description : null;
  return { key, value: typeof value === "string" ? value : toPythonJson(value, 2), description };
}

/** Airflow's form of the file; "-" is stdout. */
export async function exportVariables(
  { terminal }: Session,
  places: Places,
  file: string,
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const variables = await exportedVariables(api);
    const entries = variables
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map((each) => [each.key, toEntry(each)]);
    await writeSecretFile(terminal, file, toPythonJson(Object.fromEntries(entries), 4));
    const count = `${countOf(variables.length, "variable")} successfully exported`;
    if (file === "-") terminal.err(`\n${count}\n`);
    else terminal.out(`${count} to ${file}\n`);
  });
}

/** What import makes the same text of again: texts as they are, JSON as such. */
function toEntry({ value: text, description }: Variable): unknown {
  const value = readBack(text);
  if (!description && !(isRecord(value) && "value" in value)) return value;
  return { value, description: description ?? null };
}

function readBack(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  // A number that this language can't keep would be another one in the file.
  const isKept = typeof value !== "string" && JSON.stringify(value).length > 0;
  return isKept && !/\d{16}|\d\.\d*0\b/.test(text) ? value : text;
}

/** The keys of those that were made or changed. */
async function putVariables(
  api: Api,
  variables: readonly Variable[],
  onExisting: OnExisting,
): Promise<readonly string[]> {
  const { create } = await api.patch<{
    readonly create: {
      readonly success: readonly string[];
      readonly errors: readonly { readonly error: unknown }[];
    };
  }>("/variables", {
    actions: [{ action: "create", entities: variables, action_on_existence: onExisting }],
  });
  const [problem] = create.errors;
  if (problem) throw new Failure(String(problem.error));
  return create.success;
}

async function exportedVariables(api: Api, key?: string): Promise<readonly Variable[]> {
  const query = key === undefined ? "" : `?key=${encodeURIComponent(key)}`;
  const { variables } = await api.post<{ readonly variables: readonly Variable[] }>(
    `/ui/variables/export${query}`,
    undefined,
  );
  return variables;
}

async function everyKey(api: Api): Promise<readonly { readonly key: string }[]> {
  const found: { key: string }[] = [];
  for (;;) {
    const { variables, total_entries: total } = await api.get<{
      readonly variables: readonly { readonly key: string }[];
      readonly total_entries: number;
    }>("/variables", { limit: 1_000, offset: found.length });
    found.push(...variables.map(({ key }) => ({ key })));
    if (variables.length === 0 || found.length >= total) return found;
  }
}
