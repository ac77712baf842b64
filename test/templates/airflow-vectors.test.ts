// Templates against every one that Airflow's own environment rendered.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkTemplateCase, readTemplateContext, type TemplateCase } from "../vectors/templates.ts";

const text = readFileSync(
  new URL("../vectors/airflow-3.3-templates.json", import.meta.url),
  "utf8",
);
const { cases }: { readonly cases: readonly TemplateCase[] } = JSON.parse(text);

test("there are vectors", () => {
  expect(cases.length).toBeGreaterThan(100);
});

test.each(cases.map((each) => [each.template, each] as const))("%s", (_, each) => {
  expect(checkTemplateCase(each, readTemplateContext(text))).toBeUndefined();
});
