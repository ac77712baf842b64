// The product's version, from its package.json.
import { readFileSync } from "node:fs";

/** From infra/ in a checkout as well as from dist/cdk/infra/ in the package. */
export function productVersion(): string {
  const up = import.meta.url.endsWith(".ts") ? ".." : "../../..";
  const text = readFileSync(new URL(`${up}/package.json`, import.meta.url), "utf8");
  return String(JSON.parse(text).version);
}
