// How things are written for people: tables, times, mistakes, near names.
import { expect, test } from "vitest";
import { formatDiagnostic } from "../../src/cli/terminal/diagnostics.ts";
import { formatLogMessage } from "../../src/cli/terminal/log-lines.ts";
import { createPaint } from "../../src/cli/terminal/paint.ts";
import { formatTable } from "../../src/cli/terminal/table.ts";
import {
  cutTo,
  nearestNames,
  toCountdown,
  toRelative,
  widthOf,
  withoutControls,
} from "../../src/cli/terminal/text.ts";

const ROWS = [
  { id: "a", state: "success" },
  { id: "long_name", state: "failed" },
] as const;

test("columns are as wide as their widest cell, colours don't count", () => {
  const columns = [
    { name: "dag_id", value: ({ id }: (typeof ROWS)[number]) => id },
    {
      name: "state",
      value: ({ state }: (typeof ROWS)[number]) => state,
      paint: (text: string, { state }: (typeof ROWS)[number]) =>
        createPaint(true).state(state, text),
    },
    { name: "end", value: () => "x" },
  ];
  expect(formatTable(ROWS, columns)).toBe(
    "dag_id     state    end\na          success  x\nlong_name  failed   x\n",
  );
  const colored = formatTable(ROWS, columns, createPaint(true));
  expect(colored).toContain("a          \u001b[32msuccess\u001b[39m  x\n");
  expect(colored).toContain("long_name  \u001b[31mfailed\u001b[39m   x\n");
});

test("without colours nothing but text is written", () => {
  expect(createPaint(false).state("failed")).toBe("failed");
  expect(createPaint(false).bold("x")).toBe("x");
});

test("a line is cut to a width with its colours", () => {
  const line = `${createPaint(true).red("failed")} because`;
  expect(widthOf(cutTo(line, 10))).toBe(10);
  expect(cutTo(line, 10)).toBe("\u001b[31mfailed\u001b[39m be…");
  expect(cutTo(line, 14)).toBe(line);
  expect(cutTo(line, 0)).toBe(line);
});

test("moments are told from now, to the two largest units", () => {
  expect(toRelative(1_000 * (3 * 3_600 + 12 * 60 + 4), 0)).toBe("in 3 h 12 min");
  expect(toRelative(0, 120_000)).toBe("2 min ago");
  expect(toRelative(400, 0)).toBe("now");
});

test("what is left of a wait is counted down", () => {
  expect(toCountdown(272)).toBe("4:32");
  expect(toCountdown(3_872)).toBe("1:04:32");
  expect(toCountdown(-1)).toBe("0:00");
});

test("near names are found by typing errors, case and parts", () => {
  const names = ["hello_world", "orders", "daily_orders", "x"];
  expect(nearestNames("helo_wrld", names)).toEqual(["hello_world"]);
  expect(nearestNames("Orders", names)).toEqual(["orders", "daily_orders"]);
  expect(nearestNames("weather", names)).toEqual([]);
});

test("a mistake is shown with its place, and its hint below", () => {
  const diagnostic = {
    code: "cycle",
    severity: "error",
    file: "etl/x.ts",
    line: 12,
    message: "a → b → a\nb is drawn at line 14",
    hint: "remove one edge",
  } as const;
  expect(formatDiagnostic(diagnostic, { folder: "dags" })).toBe(
    "dags/etl/x.ts:12  error  cycle  a → b → a\n    b is drawn at line 14\n    remove one edge\n",
  );
  const { line, hint, ...bare } = diagnostic;
  expect(formatDiagnostic({ ...bare, message: "m" }, { folder: "dags" })).toBe(
    "dags/etl/x.ts  error  cycle  m\n",
  );
  expect([line, hint]).toBeDefined();
});

test("text of a task can't control the terminal; its colours stay where there are colours", () => {
  const title = "\u001b]0;gotcha\u0007";
  const link = "\u001b]8;;http://example.com\u001b\\click\u001b]8;;\u001b\\";
  const text = `a\u001b[2J\u001b[1;1Hb ${title}${link} \u001b[31mred\u001b[0m \u009b5mc\u0008\tend`;
  expect(withoutControls(text)).toBe("ab click red 5mc\tend");
  expect(withoutControls(text, { keepsColors: true })).toBe(
    "ab click \u001b[31mred\u001b[0m 5mc\tend\u001b[0m",
  );
  expect(withoutControls("1 %\r100 %\r\ndone\n")).toBe("1 %\n100 %\ndone\n");
  expect(withoutControls("\u001b]0;never ends")).toBe("0;never ends");
  expect(withoutControls("ü → ✓ 日本 🎉")).toBe("ü → ✓ 日本 🎉");
});

test("nothing that others wrote breaks a table, a log line or a mistake", () => {
  const columns = [{ name: "tags", value: (row: string) => row }];
  expect(formatTable(["a\u001b[2J\nb"], columns, createPaint(true))).toContain("a b\n");
  const message = { timestamp: "2026-01-01T00:00:00.000Z", event: "x\u001b[2J\u001b[32my" };
  expect(formatLogMessage(message, createPaint(false))).toBe("00:00:00.000  xy\n");
  expect(formatLogMessage(message, createPaint(true))).toContain("x\u001b[32my\u001b[0m\n");
  const mistake = { code: "import-failed", severity: "error", message: "\u001b[2Jno" } as const;
  expect(formatDiagnostic(mistake, { folder: "dags" })).toContain("  no\n");
});
