// stepwind doctor: prints what each check of a deployment found, and exits with 1 if something is
// wrong.
import type { Session } from "../../session.ts";
import { countOf, padTo } from "../../terminal/text.ts";

const NAME_WIDTH = 16;

export async function examine(session: Session, stack: string): Promise<void> {
  const { terminal, paint } = session;
  const marks = { ok: paint.green("✓"), warning: paint.yellow("!"), wrong: paint.red("✗") };
  const counts = { ok: 0, warning: 0, wrong: 0 };
  const { examineDeployment } = await import("../../../aws/deployment/doctor.ts");
  await examineDeployment(stack, (check, findings) => {
    for (const { level, message, hint } of findings) {
      counts[level] += 1;
      terminal.out(`${marks[level]} ${padTo(check, NAME_WIDTH)} ${message}\n`);
      if (hint !== undefined) {
        terminal.out(`${" ".repeat(NAME_WIDTH + 3)}${paint.cyan(hint)}\n`);
      }
    }
  });
  if (counts.wrong > 0) session.exitCode = 1;
  const warnings = counts.warning > 0 ? `, ${countOf(counts.warning, "warning")}` : "";
  terminal.out(
    counts.wrong === 0
      ? `\n${paint.green("Nothing is wrong")}${warnings}\n`
      : `\n${paint.red(`${countOf(counts.wrong, "thing")} wrong`)}${warnings}\n`,
  );
}
