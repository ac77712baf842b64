// Templates against those that Airflow's own environment rendered: the reference list, and some
// thousands that a generator made of all filters, tests, operators, methods and date members.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkTemplateCase, readTemplateContext, type TemplateCase } from "../vectors/templates.ts";

function readFile(name: string): { text: string; cases: readonly TemplateCase[] } {
  const text = readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8");
  return { text, cases: JSON.parse(text).cases };
}

const reference = readFile("airflow-3.3-templates.json");

const createContext = readTemplateContext(reference.text);

test.each(reference.cases.map((each) => [each.template, each] as const))("%s", (_, each) => {
  expect(checkTemplateCase(each, createContext())).toBeUndefined();
});

test("generated templates render as in Airflow, or fail where it fails", () => {
  const { text, cases } = readFile("airflow-3.3-templates-generated.json");
  const createGeneratedContext = readTemplateContext(text);
  const differences = cases.flatMap(
    (each) => checkTemplateCase(each, createGeneratedContext()) ?? [],
  );
  expect(differences).toEqual([]);
  expect(cases.length).toBeGreaterThan(4_000);
});
