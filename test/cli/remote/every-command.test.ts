// Every command against a server elsewhere: the same output as here, or a refusal.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { createProgram, main } from "../../../src/cli/main.ts";
import { createSession } from "../../../src/cli/session.ts";
import { OUTPUTS } from "../../../src/cli/terminal/table.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { captureTerminal, stepwind } from "../captured-terminal.ts";
import { ANYWHERE, ELSEWHERE, type Step } from "./command-rows.ts";
import { normalized, type Side, startAway, startHere } from "./two-servers.ts";

const ADDRESS = "https://stepwind.example";

/** Names of all commands that do something, such as "dags list". */
function everyCommand(): readonly string[] {
  const namesOf = (command: Command, before: string): readonly string[] =>
    command.commands.flatMap((each) => {
      const name = `${before}${each.name()}`;
      return each.commands.length === 0 ? [name] : namesOf(each, `${name} `);
    });
  return namesOf(createProgram(createSession(captureTerminal())), "");
}

/** The command that a line calls. */
function commandOf(line: string): string {
  const found = everyCommand().filter((name) => `${line} `.startsWith(`${name} `));
  return found[0] ?? `no command: ${line}`;
}

test("each command has a row, and the docs say where it works", () => {
  const rows = [...ANYWHERE.map(({ line }) => line), ...Object.values(ELSEWHERE).flat()];
  expect([...new Set(rows.map(commandOf))].sort()).toEqual([...everyCommand()].sort());
  const docs = readFileSync(join(import.meta.dirname, "../../../docs/cli.md"), "utf8");
  const section = /\n## A server elsewhere\n([\s\S]*?)\n## /.exec(docs)?.[1] ?? "";
  const cells = [...section.matchAll(/^\| `([\w-]+)`(.*?)\| (same|here|deployment|server)/gm)];
  const told = cells.flatMap(([, family = "", rest = "", reach]) => {
    const names = [...rest.matchAll(/`([\w-]+)`/g)].map(([, name]) => `${family} ${name}`);
    return (names.length === 0 ? [family] : names).map((name) => `${name}: ${reach}`);
  });
  const meant = [
    ...ANYWHERE.map(({ line }) => `${commandOf(line)}: same`),
    ...Object.entries(ELSEWHERE).flatMap(([reach, lines]) =>
      lines.map((line) => `${commandOf(line)}: ${reach}`),
    ),
  ];
  expect(told.sort()).toEqual([...new Set(meant)].sort());
});

test("a command without a meaning elsewhere refuses an address, wherever it was set", async () => {
  for (const line of [...ELSEWHERE.here, ...ELSEWHERE.deployment]) {
    const argv = line.split(" ");
    const folder = temporaryFolder();
    const byOption = await stepwind(folder, ...argv, "--url", ADDRESS);
    expect(byOption, line).toMatchObject({ code: 2, out: "" });
    const env = { STEPWIND_URL: ADDRESS };
    const terminal = captureTerminal({ cwd: folder, env });
    expect(await main(argv, terminal), line).toBe(2);
    expect(terminal.written, line).toMatchObject({ out: "" });
  }
});

test("each other command prints elsewhere what it prints here, in each form", async () => {
  const [here, away] = [await startHere(), await startAway()];
  const kept = new Map<Side, Record<string, string>>([
    [here, { folder: here.folder }],
    [away, { folder: away.folder }],
  ]);
  const play = async (side: Side, { line, keep }: Step, form?: string) => {
    const known = kept.get(side) ?? {};
    const written = line.replaceAll(/\{(\w+)\}/g, (all, name) => known[name] ?? all);
    const argv = [...written.split(" "), ...(form === undefined ? [] : ["-o", form])];
    const answer = await side.run(...argv);
    const found = keep?.[1].exec(answer.out)?.[1];
    if (keep && found !== undefined) known[keep[0]] = found;
    const { folder: _, ...ids } = known;
    const withNames = (text: string) =>
      Object.entries(ids).reduce((rest, [name, id]) => rest.replaceAll(id, `<${name}>`), text);
    const shown = (text: string) => normalized(withNames(text), side);
    return { code: answer.code, out: shown(answer.out), err: shown(answer.err) };
  };
  for (const step of ANYWHERE) {
    for (const form of step.forms ? OUTPUTS : [undefined]) {
      const label = `${step.line} ${form ?? ""}`;
      const [local, remote] = [await play(here, step, form), await play(away, step, form)];
      expect.soft(remote, label).toEqual(local);
      expect.soft(local.code, `${label}\n${local.err}`).toBe(step.code ?? 0);
      expect.soft(`${local.out}${local.err}`, label).not.toBe("");
    }
    if (step.ended) for (const side of [here, away]) await side.ended(...step.ended);
  }
}, 240_000);
