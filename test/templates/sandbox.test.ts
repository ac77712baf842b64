// What templates can't reach, and how large what they make may grow.
import { expect, test } from "vitest";
import { parseJson } from "../../src/templates/python/json.ts";
import { renderBody } from "../../src/templates/renderer.ts";
import { scanTemplate } from "../../src/templates/scan.ts";

const params = '{"obj": {"a": 1}, "list": [1, 2], "text": "abc"}';

function render(template: string): string {
  const { body, problems } = scanTemplate(template);
  expect(problems).toEqual([]);
  if (!body) throw new Error("bad syntax");
  return renderBody(body, { get: (name) => (name === "params" ? parseJson(params) : undefined) });
}

test.each([
  "params.constructor",
  "params.obj.constructor",
  "params.obj.__proto__",
  "params.obj['__proto__']",
  "params.obj.hasOwnProperty",
  "params.obj.toString",
  "params.list.constructor",
  "params.list.length",
  "params.list.map",
  "params.text.constructor",
  "params.text.length",
  "params.text.__class__",
  "params.text['__class__']",
  "(1).__add__",
  "range.constructor",
  "range.call",
  "'{0.__class__}'.format(1)",
  "'{0.constructor}'.format(params)",
  "[{}] | map(attribute='constructor') | list | first",
  "params | attr('constructor')",
])("%s is not defined", (expression) => {
  expect(() => render(`{{ ${expression} }}`)).toThrow(/is not defined/);
});

test.each([
  ["{{ range(10 ** 9) | list }}", /more than 100000 items/],
  ["{{ 'x' * 10 ** 9 }}", /too long; a template makes at most/],
  ["{{ [0] * 10 ** 9 }}", /too long; a template makes at most/],
  ["{{ 10 ** (10 ** 9) }}", /bits is too large/],
  ["{{ '%1000000000d' % 1 }}", /too long/],
  ["{{ '{:>1000000000}'.format(1) }}", /too long/],
  ["{{ 'x'.ljust(10 ** 9) }}", /too long/],
  ["{{ ('x' * 10 ** 6).replace('x', 'y' * 1000) }}", /too long/],
  [
    "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    /too long/,
  ],
  ["{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}", /too long/],
  ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", /calls itself too deeply/],
])("%s is refused", (template, message) => {
  expect(() => render(template)).toThrow(message);
});

test("brackets that are nested too deeply are bad syntax", () => {
  const [problem] = scanTemplate(`{{ ${"(".repeat(100_000)} }}`).problems;
  expect(problem?.message).toContain("bad syntax");
});

test("what Python prints with an address in memory is an error that says what to write", () => {
  expect(() => render("{{ params.text.upper }}")).toThrow(/call it: upper\(…\)/);
  expect(() => render("{{ params.list | map('string') }}")).toThrow(/add "\| list"/);
});
