// Which XComs a template's `ti.xcom_pull(…)` reads: its arguments are read from the syntax tree, so
// that the XComs can be fetched before the template is rendered.
import type { Value } from "./python/values.ts";
import type { CallArguments, Expression } from "./syntax/nodes.ts";

/** One XCom; without a task id that of the running task. */
export interface XComNeed {
  readonly taskId: string | undefined;
  readonly key: string;
  readonly mapIndex: number | undefined;
}

/** The parameters of `xcom_pull`, in Airflow's order. */
export const XCOM_PULL = [
  "task_ids?",
  "dag_id?",
  "key?",
  "include_prior_dates?",
  "map_indexes?",
  "default?",
  "run_id?",
] as const;
const FOREIGN = ["dag_id", "include_prior_dates", "run_id"];

/** How one XCom is kept between fetching and rendering. */
export function xcomKey({ taskId, key, mapIndex }: XComNeed): string {
  return JSON.stringify([taskId, key, mapIndex]);
}

export function isXComPull([root, member, ...rest]: readonly string[]): boolean {
  return (root === "ti" || root === "task_instance") && member === "xcom_pull" && rest.length === 0;
}

/**
 * What the call reads; the argument that can't be served; `undefined` when an argument is not
 * written out.
 */
export function readXComNeeds(
  args: CallArguments,
): readonly XComNeed[] | { readonly refused: string } | undefined {
  if (args.spread || args.spreadNamed) return undefined;
  const given = new Map<string, Expression>();
  for (const [index, value] of args.positional.entries()) {
    given.set((XCOM_PULL[index] ?? "").replace("?", ""), value);
  }
  for (const { name, value } of args.named) given.set(name, value);
  for (const name of FOREIGN) {
    const value = given.get(name);
    if (
      value &&
      !(value.kind === "constant" && [null, false].some((none) => none === value.value))
    ) {
      return { refused: name };
    }
  }
  const [taskIds, key, mapIndexes] = ["task_ids", "key", "map_indexes"].map((name) => {
    const expression = given.get(name);
    return expression ? literalOf(expression) : null;
  });
  const [tasks, keys, indexes] = [textsOf(taskIds), textsOf(key), indexesOf(mapIndexes)];
  if (!tasks || !keys || keys.length !== 1 || !indexes) return undefined;
  const [xcomName = "return_value"] = keys;
  return tasks.flatMap((taskId) =>
    indexes.map((mapIndex) => ({ taskId, key: xcomName, mapIndex })),
  );
}

/** The value of an expression that is written out; `undefined` for any other. */
function literalOf(node: Expression): Value | undefined {
  if (node.kind === "constant") return node.value;
  if (node.kind === "negate") {
    const operand = literalOf(node.operand);
    return typeof operand === "bigint" ? -operand : undefined;
  }
  if (node.kind !== "list" && node.kind !== "tuple") return undefined;
  const items = node.items.map(literalOf);
  return items.includes(undefined) ? undefined : items.filter((item) => item !== undefined);
}

/** One text or several; None is left out. */
function textsOf(value: Value | undefined): readonly (string | undefined)[] | undefined {
  if (value === null) return [undefined];
  const items = [value].flat();
  return items.every((item) => typeof item === "string") ? items : undefined;
}

function indexesOf(value: Value | undefined): readonly (number | undefined)[] | undefined {
  if (value === null) return [undefined];
  const items = [value].flat();
  return items.every((item) => typeof item === "bigint") ? items.map(Number) : undefined;
}
