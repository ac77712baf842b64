// Runs files of Airflow's vectors, whatever their form: `npm run vectors -- FILE…`. The last line
// is "N passed, N failed"; the exit code is 1 when a case failed.
import { readFileSync } from "node:fs";
import type { RunCase } from "./run-case.ts";
import { checkTemplateCase, readTemplateContext, type TemplateCase } from "./templates.ts";
import { checkTimetableCase } from "./timetables.ts";
import { checkTriggerRuleCase } from "./trigger-rules.ts";

/** What differs from Airflow in one case; `undefined` when nothing does. */
type Verdict = string | undefined;

interface Form {
  /** A field that cases of this form have and no others. */
  readonly field: string;
  readonly check: (cases: readonly unknown[]) => readonly Verdict[] | Promise<readonly Verdict[]>;
}

const FORMS: readonly Form[] = [
  { field: "rule", check: oneByOne(checkTriggerRuleCase) },
  { field: "timetable", check: oneByOne(checkTimetableCase) },
  {
    field: "dag_id",
    async check(cases) {
      const { runCases } = await import("./runs.ts");
      return runCases(cases as readonly RunCase[]);
    },
  },
];
/** More failures than this of one file are counted only. */
const MOST_PRINTED = 20;

function oneByOne<Case>(check: (vector: Case) => Verdict): Form["check"] {
  return (cases) =>
    (cases as readonly Case[]).map((each) => {
      try {
        return check(each);
      } catch (error) {
        return `${JSON.stringify(each).slice(0, 300)}: ${messageOf(error)}`;
      }
    });
}

async function checkFile(file: string): Promise<readonly Verdict[]> {
  const text = readFileSync(file, "utf8");
  const cases: unknown = JSON.parse(text);
  if (isTemplateFile(cases)) return checkTemplates(cases.cases, text);
  if (!Array.isArray(cases)) throw new Error("it holds no JSON array");
  const forms = FORMS.map(({ field, check }) => ({
    check,
    cases: cases.filter((each) => isObject(each) && field in each),
  }));
  const verdicts: Verdict[] = [];
  let known = 0;
  for (const form of forms.filter((each) => each.cases.length > 0)) {
    known += form.cases.length;
    try {
      verdicts.push(...(await form.check(form.cases)));
    } catch (error) {
      verdicts.push(...form.cases.map(() => messageOf(error)));
    }
  }
  const unknown = cases.length - known;
  return [...verdicts, ...Array<string>(unknown).fill("a case of an unknown form")];
}

/** Templates come with the context that they are rendered with. */
function isTemplateFile(content: unknown): content is { readonly cases: readonly TemplateCase[] } {
  return isObject(content) && "cases" in content && Array.isArray(content.cases);
}

function checkTemplates(cases: readonly TemplateCase[], fileText: string): readonly Verdict[] {
  const createContext = readTemplateContext(fileText);
  return cases.map((each) => checkTemplateCase(each, createContext()));
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
    const verdicts = await checkFile(file);
    const failures = verdicts.filter((verdict) => verdict !== undefined);
    passed += verdicts.length - failures.length;
    failed += failures.length;
    for (const failure of failures.slice(0, MOST_PRINTED)) console.log(`${file}: ${failure}`);
    const rest = failures.length - MOST_PRINTED;
    if (rest > 0) console.log(`${file}: … and ${rest} more`);
  } catch (error) {
    failed += 1;
    console.log(`${file}: ${messageOf(error)}`);
  }
}
if (failed > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
