// Broken DAG files through the whole product: each mistake is told with its place and what to write
// instead, the last good version of its DAG goes on, and so does every other DAG.
import { afterAll, beforeAll, expect, test } from "vitest";
import { dagText, type LiveProduct, startProduct } from "./live-product.ts";

const IMPORT_TIMEOUT = 2;

let product: LiveProduct;
beforeAll(async () => {
  product = await startProduct({ importTimeout: IMPORT_TIMEOUT });
  product.write("steady.ts", dagText("steady"));
  await product.isLive("steady");
});
afterAll(() => product.close());

interface Mistake {
  readonly code: string;
  /** What is written below the good file's three lines. */
  readonly below?: string;
  /** What is written instead of the DAG's options. */
  readonly options?: string;
  /** Of the whole file; null where there is none to tell. */
  readonly line: number | null;
  readonly message: RegExp;
  readonly hint: RegExp | null;
}

const MISTAKES: Readonly<Record<string, Mistake>> = {
  syntax_error: {
    code: "syntax-error",
    below: "const rows = [1, 2;",
    line: 4,
    message: /Expected "]" but found ";"/,
    hint: null,
  },
  throw_at_import: {
    code: "import-failed",
    below: '\nthrow new TypeError("no database here");',
    line: 5,
    message: /^throw_at_import\.ts could not be imported: TypeError: no database here$/,
    hint: /runs whenever the file is read/,
  },
  endless_loop: {
    code: "import-timeout",
    below: "for (;;);",
    line: null,
    message: /^The import of endless_loop\.ts timed out after 2 s and was stopped$/,
    hint: /endless loop/,
  },
  cycle: {
    code: "cycle",
    below: 'const u = dag.task("u", async () => 2)(); t.before(u); u.before(t);',
    line: 4,
    message: /^The tasks of DAG "cycle" wait for each other in a circle: t → u → t$/,
    hint: /Take away one/,
  },
  duplicate_task: {
    code: "duplicate-task",
    below: '\ndag.task("t", async () => 2)();',
    line: 5,
    message: /^Task "t" of DAG "duplicate_task" has the id of another task$/,
    hint: /id of its own/,
  },
  duplicate_dag: {
    code: "duplicate-dag",
    below: 'export const again = new Dag("duplicate_dag");',
    line: null,
    message: /"duplicate_dag" is made twice in duplicate_dag\.ts/,
    hint: /id of its own/,
  },
  template_name: {
    code: "unknown-template-name",
    below: 'dag.task("say", bash({ bashCommand: "echo {{ dss }}" }))();',
    line: 4,
    message: /"bashCommand" of task "say" of DAG "template_name" uses "dss"/,
    hint: /did you mean "ds"\?/,
  },
  wrong_cron: {
    code: "bad-cron",
    options: '{ schedule: "0 25 * * *" }',
    line: 2,
    message: /^DAG "wrong_cron": schedule "0 25 \* \* \*" can't be used: 25 is no hour$/,
    hint: /0 to 23/,
  },
  trigger_rule: {
    code: "unknown-trigger-rule",
    below: 'dag.task("u", empty(), { triggerRule: "all_sucess" as never })();',
    line: 4,
    message: /"triggerRule" of task "u" of DAG "trigger_rule" .* got "all_sucess"/,
    hint: /did you mean "all_success"\?/,
  },
};

const NO_OPTIONS = "{ schedule: null }";

test.each(Object.entries(MISTAKES))(
  "%s: told with its place, and the rest goes on",
  async (name, { code, below = "", options = NO_OPTIONS, line, message, hint }) => {
    const good = `import { Dag } from "stepwind"; import { bash, empty } from "stepwind/operators";
export const dag = new Dag("${name}", ${NO_OPTIONS});
const t = dag.task("t", async () => 1)();
`;
    const file = `${name}.ts`;
    product.write(file, good);
    await product.isLive(name);

    product.write(file, good.replace(NO_OPTIONS, options) + below);
    const codes = async () => (await product.mistakes(file)).map((mistake) => mistake.code);
    await expect.poll(codes, { timeout: 10_000, interval: 20 }).toEqual([code]);
    const [mistake] = await product.mistakes(file);
    expect(mistake).toMatchObject({ file, line, message: expect.stringMatching(message) });
    if (hint === null) expect(mistake?.hint).toBeNull();
    else expect(mistake?.hint).toMatch(hint);

    // Both run: the version from before the mistake, and a DAG that has nothing to do with it.
    const runs = [product.run(name, "meanwhile"), product.run("steady", name)];
    expect(await Promise.all(runs)).toEqual(["success", "success"]);
    const { task_instances: ran } = await product.ask(
      `/dags/${name}/dagRuns/meanwhile/taskInstances`,
    );
    expect(ran).toMatchObject([{ task_id: "t", state: "success" }]);

    product.write(file, good);
    await expect.poll(codes, { timeout: 10_000, interval: 20 }).toEqual([]);
  },
);

test("an id in two files: the first stays live, the second is told of it", async () => {
  product.write("first.ts", dagText("shared"));
  await product.isLive("shared");
  product.write("second.ts", dagText("shared", { result: 2 }));
  const mistakes = () => product.mistakes("second.ts");
  await expect.poll(mistakes, { timeout: 5_000, interval: 20 }).toMatchObject([
    {
      code: "dag-id-in-two-files",
      file: "second.ts",
      message: 'DAG "shared" is in first.ts and in second.ts; the one in first.ts stays live',
      hint: "give one of the two another id",
    },
  ]);
  expect(await product.ask("/dags/shared")).toMatchObject({ relative_fileloc: "first.ts" });
  expect(await product.run("shared", "one")).toBe("success");
});
