// Orders of lists that are read whole, as Airflow's FAB provider has them (sorting.py).
import { Problem } from "../../problems.ts";

/** Sorted by the field, which "-" in front turns round. Throws a Problem for an unknown field. */
export function orderBy<T>(
  items: readonly T[],
  {
    by,
    orders,
  }: { readonly by: string; readonly orders: Readonly<Record<string, (item: T) => string>> },
): readonly T[] {
  const field = by.replace(/^-/, "");
  const read = Object.hasOwn(orders, field) ? orders[field] : undefined;
  if (!read) {
    throw new Problem(
      400,
      `Ordering with '${by}' is disallowed or the attribute does not exist on the model`,
    );
  }
  const sign = by.startsWith("-") ? -1 : 1;
  return [...items].sort((a, b) => {
    const [left, right] = [read(a), read(b)];
    return left === right ? 0 : left < right ? -sign : sign;
  });
}
