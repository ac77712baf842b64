// Where bad syntax is reported, what the scan knows, and which templates need no engine.
import { expect, test } from "vitest";
import { FILTER_NAMES, TEST_NAMES } from "../../src/templates/filters/names.ts";
import { KNOWN } from "../../src/templates/filters/registry.ts";
import { isPlain, renderPlain } from "../../src/templates/plain.ts";
import { scanTemplate } from "../../src/templates/scan.ts";

test("the list of filter and test names is that of the filters and tests", () => {
  expect([...FILTER_NAMES].sort()).toEqual([...KNOWN.filters].sort());
  expect([...TEST_NAMES].sort()).toEqual([...KNOWN.tests].sort());
});

test.each([
  ["a\n{{ 1 + }}", 'expected an expression, got the end of "{{ … }}" in line 2'],
  ["{% if ds %}\n\nx", 'no "{% elif %}" or "{% else %}" or "{% endif %}" in line 3'],
  ["{{ (1 }}", 'unexpected "}", expected ")" in line 1'],
  ["{{ '\\x1' }}", "has a broken escape in line 1"],
  ["{# never", 'a comment has no "#}" in line 1'],
  ["{% raw %}x", 'a raw block has no "{% endraw %}" in line 1'],
  ["{% nope %}", 'unknown tag "nope" in line 1'],
  ["{{ ds ? 1 }}", 'unexpected "?" in line 1'],
  ["{% macro m(a=1, b) %}{% endmacro %}", '"b" needs a default'],
  ["{{ f(a=1, 2) }}", "a positional argument follows one with a name"],
])("%j is bad syntax, with its line", (template, message) => {
  const [problem] = scanTemplate(template).problems;
  expect(problem?.code).toBe("template-syntax");
  expect(problem?.message).toContain(message);
});

test.each([
  ["{{ ds | uper }}", 'uses the filter "uper"', 'did you mean "upper"?'],
  ["{{ ds is strng }}", 'uses the test "strng"', 'did you mean "string"?'],
  ["{% filter uper %}x{% endfilter %}", 'uses the filter "uper"', 'did you mean "upper"?'],
  ["{% set x | uper %}x{% endset %}", 'uses the filter "uper"', 'did you mean "upper"?'],
  ["{% autoescape true %}{% endautoescape %}", "uses autoescape", undefined],
  ["{{ ti.xcom_pull('a', dag_id='other') }}", "calls ti.xcom_pull() with dag_id", undefined],
  ["{{ ti.xcom_pull('a', include_prior_dates=true) }}", "with include_prior_dates", undefined],
  ["{{ ti.xcom_pull(['a', ds]) }}", "with something else than a text", undefined],
  ["{{ var.value[ds] }}", "with something else than a text", undefined],
])("%s is found without rendering", (template, message, hint) => {
  const [problem] = scanTemplate(template).problems;
  expect(problem?.message).toContain(message);
  if (hint !== undefined) expect(problem?.hint).toBe(hint);
});

test("a name that is tested or has a default may be unknown", () => {
  expect(scanTemplate("{{ region | default('eu') }}").problems).toEqual([]);
  expect(scanTemplate("{% if region is defined %}{{ region }}{% endif %}").problems).toEqual([]);
  expect(scanTemplate("{{ region }}").problems).toHaveLength(1);
});

test("XComs to fetch are read from lists of tasks and of indexes", () => {
  const { needs, problems } = scanTemplate(
    "{{ ti.xcom_pull(task_ids=['a', 'b'], key='k', map_indexes=[0, 1]) }}{{ ti.xcom_pull() }}",
  );
  expect(problems).toEqual([]);
  expect([...needs.xcoms.values()]).toEqual([
    { taskId: "a", key: "k", mapIndex: 0 },
    { taskId: "a", key: "k", mapIndex: 1 },
    { taskId: "b", key: "k", mapIndex: 0 },
    { taskId: "b", key: "k", mapIndex: 1 },
    { taskId: undefined, key: "return_value", mapIndex: undefined },
  ]);
});

test("only templates of text and names of texts are plain", () => {
  expect(isPlain("echo {{ ds }} {{run_id}} { }}")).toBe(true);
  for (const template of ["{{ params }}", "{{ ds | upper }}", "{{ ds", "{# x #}", "{%- raw %}"]) {
    expect(isPlain(template)).toBe(false);
  }
  const lookUp = (name: string) => (name === "ds" ? "2026-01-31" : undefined);
  expect(renderPlain("a {{ ds }}\r\nb\n", lookUp)).toBe("a 2026-01-31\nb");
  expect(renderPlain("{{ ts }}", lookUp)).toBeUndefined();
});
