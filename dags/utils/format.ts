// Plain functions that DAGs share. A change here reloads every DAG that imports it.

export interface Reading {
  readonly city: string;
  readonly celsius: number;
}

/** A line per city, warmest first. */
export function formatTable(
  readings: readonly Reading[],
  { fahrenheit = false }: { readonly fahrenheit?: boolean } = {},
): string {
  return readings
    .toSorted((a, b) => b.celsius - a.celsius)
    .map(({ city, celsius }) => `${city.padEnd(10)} ${formatTemperature(celsius, fahrenheit)}`)
    .join("\n");
}

function formatTemperature(celsius: number, fahrenheit: boolean): string {
  return fahrenheit ? `${Math.round(celsius * 1.8 + 32)} °F` : `${celsius} °C`;
}
