// Runs files of Airflow's vectors, whatever their form: `npm run vectors -- FILE…`. The last line
// is "N passed, N failed"; the exit code is 1 when a case failed. A case that is marked as
// dependent on the order may end as in another legal order; it passes, and is named with what
// differs.
import { readFileSync } from "node:fs";
import type { RunCase } from "./run-case.ts";
import type { CaseEnd } from "./runs.ts";
import { checkTemplateCase, readTemplateContext, type TemplateCase } from "./templates.ts";
import { checkTimetableCase } from "./timetables.ts";
import { checkTriggerRuleCase } from "./trigger-rules.ts";

interface Form {
  /** Fields that cases of this form have. A case is of the first form that fits it. */
  readonly fields: readonly string[];
  readonly check: (cases: readonly unknown[]) => readonly CaseEnd[] | Promise<readonly CaseEnd[]>;
}

const FORMS: readonly Form[] = [
  {
    fields: ["dag_id", "tasks"],
    async check(cases) {
      const { runCases } = await import("./runs.ts");
      return runCases(cases as readonly RunCase[]);
    },
  },
  { fields: ["timetable"], check: oneByOne(checkTimetableCase) },
  { fields: ["rule"], check: oneByOne(checkTriggerRuleCase) },
];
/** More failures than this of one file are counted only. */
const MOST_PRINTED = 20;

/** `check` answers what differs from Airflow; `undefined` when nothing does. */
function oneByOne<Case>(check: (vector: Case) => string | undefined): Form["check"] {
  return (cases) =>
    (cases as readonly Case[]).map((each) => {
      try {
        return toEnd(check(each));
      } catch (error) {
        return { flaw: `${JSON.stringify(each).slice(0, 300)}: ${messageOf(error)}` };
      }
    });
}

const toEnd = (flaw: string | undefined): CaseEnd => (flaw === undefined ? {} : { flaw });

/** The end of each case; as many as the file has. */
async function checkFile(file: string): Promise<readonly CaseEnd[]> {
  const text = readFileSync(file, "utf8");
  const cases: unknown = JSON.parse(text);
  if (isTemplateFile(cases)) return checkTemplates(cases.cases, text);
  if (!Array.isArray(cases)) throw new Error("it holds no JSON array");
  const byForm = Map.groupBy(cases, formOf);
  const ends: CaseEnd[] = [];
  for (const [form, its] of byForm) {
    try {
      if (form) ends.push(...(await form.check(its)));
      else ends.push(...its.map(() => ({ flaw: "a case of an unknown form" })));
    } catch (error) {
      ends.push(...its.map(() => ({ flaw: messageOf(error) })));
    }
  }
  if (ends.length !== cases.length) {
    throw new Error(`it holds ${cases.length} cases, of which ${ends.length} were run`);
  }
  return ends;
}

function formOf(vector: unknown): Form | undefined {
  if (!isObject(vector)) return undefined;
  return FORMS.find(({ fields }) => fields.every((field) => field in vector));
}

/** Templates come with the context that they are rendered with. */
function isTemplateFile(content: unknown): content is { readonly cases: readonly TemplateCase[] } {
  return isObject(content) && "cases" in content && Array.isArray(content.cases);
}

function checkTemplates(cases: readonly TemplateCase[], fileText: string): readonly CaseEnd[] {
  const createContext = readTemplateContext(fileText);
  return cases.map((each) => toEnd(checkTemplateCase(each, createContext())));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.log("usage: npm run vectors -- FILE…");
  process.exitCode = 1;
}
let passed = 0;
let failed = 0;
for (const file of files) {
  try {
    const ends = await checkFile(file);
    const flaws = ends.flatMap(({ flaw }) => flaw ?? []);
    passed += ends.length - flaws.length;
    failed += flaws.length;
    for (const flaw of flaws.slice(0, MOST_PRINTED)) console.log(`${file}: ${flaw}`);
    const rest = flaws.length - MOST_PRINTED;
    if (rest > 0) console.log(`${file}: … and ${rest} more`);
    const others = ends.flatMap(({ otherOrder }) => otherOrder ?? []);
    if (others.length > 0)
      console.log(`${file}: ${others.length} ended as in another legal order:`);
    for (const other of others) console.log(`  ${other}`);
  } catch (error) {
    failed += 1;
    console.log(`${file}: ${messageOf(error)}`);
  }
}
if (failed > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
