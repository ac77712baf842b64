// The package's version, from its package.json: beside src in a checkout, beside dist when
// installed.
import { readFileSync } from "node:fs";

export function packageVersion(): string {
  const manifest = new URL("../../package.json", import.meta.url);
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}
