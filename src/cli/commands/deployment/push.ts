// stepwind push: uploads the DAG folder to AWS with a line of progress, and prints what became of
// the files as a compiler would.
import { isAbsolute, join } from "node:path";
import type { ImportProgress } from "../../../aws/deployment/await-imports.ts";
import type { Pushed } from "../../../aws/deployment/push.ts";
import type { Target } from "../../../aws/deployment/push-target.ts";
import { createFolderDagSource } from "../../../local/folder-dag-source.ts";
import { formatDuration } from "../../../model/values/durations.ts";
import type { Metadata } from "../../../ports/metadata.ts";
import { systemClock } from "../../../services/system-clock.ts";
import { countPendingMachines } from "../../../services/upkeep/pending-machines.ts";
import { checkDagsFolder } from "../../dags-folder.ts";
import type { Places, Session } from "../../session.ts";
import { formatDiagnostic } from "../../terminal/diagnostics.ts";
import { createScreen, type Screen } from "../../terminal/screen.ts";
import { countOf } from "../../terminal/text.ts";

export interface PushCommand {
  /** As written; the session's DAG folder when absent. */
  readonly dir: string | undefined;
  readonly stack: string;
  readonly bucket: string | undefined;
  readonly deletesGone: boolean;
  /** 0: don't wait for results. */
  readonly waitSeconds: number;
}

export async function pushFolder(
  session: Session,
  { dagsFolder, dagsFolderText }: Places,
  { dir, stack, bucket, deletesGone, waitSeconds }: PushCommand,
): Promise<void> {
  const { terminal, paint } = session;
  const folderText = dir ?? dagsFolderText;
  const folder = dir === undefined ? dagsFolder : isAbsolute(dir) ? dir : join(terminal.cwd, dir);
  const source = createFolderDagSource(folder);
  await checkDagsFolder({ dagsFolder: folder, dagsFolderText: folderText });
  const { push } = await import("../../../aws/deployment/push.ts");
  const { listImported, metadataOf } = await import("../../../aws/deployment/await-imports.ts");
  const target: Target = bucket === undefined ? await findTarget(stack) : { bucket };
  const metadata = target.tableName === undefined ? undefined : metadataOf(target.tableName);
  const imported = metadata && (await listImported(metadata));
  const screen = createScreen(terminal);
  const pushed = await push({
    source,
    bucket: target.bucket,
    deletesGone,
    ...(imported ? { imported } : {}),
    onUpload: ({ done, of }) => screen.draw([`Uploading ${done}/${of} to ${target.bucket}`]),
  });
  screen.draw([]);
  terminal.out(`${describe(pushed)} (${target.bucket})\n`);
  for (const file of pushed.uploaded) terminal.out(`  ${paint.green("+")} ${file}\n`);
  for (const file of pushed.deleted) terminal.out(`  ${paint.red("-")} ${file}\n`);
  remark(session, pushed);
  if (metadata === undefined || waitSeconds === 0) return;
  await awaitResults(session, { metadata, pushed, folderText, waitSeconds });
}

/** Shows the progress of the import, then its results and what goes on after it. */
async function awaitResults(
  session: Session,
  {
    metadata,
    pushed,
    folderText,
    waitSeconds,
  }: {
    readonly metadata: Metadata;
    readonly pushed: Pushed;
    readonly folderText: string;
    readonly waitSeconds: number;
  },
): Promise<void> {
  const { awaitImports } = await import("../../../aws/deployment/await-imports.ts");
  const screen = createScreen(session.terminal);
  const progress = await awaitImports(pushed, {
    files: metadata.files,
    clock: systemClock,
    seconds: waitSeconds,
    onProgress: (state) => screen.draw(describeProgress(state)),
  });
  screen.draw([]);
  showResults(session, screen, { imported: progress, pushed, folderText });
  const { count, seconds } = await countPendingMachines(metadata);
  if (count === 0) return;
  session.terminal.out(
    `${countOf(count, "state machine")} will be made in the next ${formatDuration(Math.ceil(seconds))}; a run that starts before has its own made at once\n`,
  );
}

/** What is waited for, how much that is, and for about how long. */
export function describeProgress({
  done,
  waiting,
  secondsLeft,
}: ImportProgress): readonly string[] {
  if (waiting.length === 0) return [];
  const names = waiting.slice(0, 3).join(", ");
  const time =
    secondsLeft === undefined ? "" : `, about ${formatDuration(Math.ceil(secondsLeft))} left`;
  return [`Imported ${done.length}/${done.length + waiting.length}${time}; waiting for ${names}`];
}

async function findTarget(stack: string): Promise<Target> {
  const aws = await import("../../../aws/deployment/push-target.ts");
  return aws.findTarget(stack);
}

function describe({ uploaded, deleted, expected }: Pushed): string {
  if (uploaded.length === 0 && deleted.length === 0) {
    return `Nothing changed in ${countOf(expected.size, "DAG file")}`;
  }
  const parts = [
    ...(uploaded.length > 0 ? [`${countOf(uploaded.length, "file")} uploaded`] : []),
    ...(deleted.length > 0 ? [`${countOf(deleted.length, "file")} deleted`] : []),
  ];
  return parts.join(", ");
}

function remark({ terminal, paint }: Session, { gone, leftOut }: Pushed): void {
  if (gone.length > 0) {
    const names = gone.slice(0, 5).join(", ");
    terminal.err(
      `${paint.yellow("left")} ${countOf(gone.length, "file")} in the bucket that the folder hasn't: ${names}; --delete removes them\n`,
    );
  }
  if (leftOut.length > 0) {
    const names = leftOut.slice(0, 5).join(", ");
    terminal.err(
      `${paint.yellow("left out")} ${countOf(leftOut.length, "file")} that DAG files can't import: ${names}\n`,
    );
  }
}

/**
 * Mistakes of every file, also of those that did not change: the answer is about the folder, as a
 * compiler's is.
 */
function showResults(
  session: Session,
  screen: Screen,
  {
    imported: { done, waiting },
    pushed,
    folderText,
  }: {
    readonly imported: ImportProgress;
    readonly pushed: Pushed;
    readonly folderText: string;
  },
): void {
  const { terminal, paint } = session;
  const diagnostics = done.flatMap((record) =>
    record.diagnostics.map((each) => ({ file: record.file, ...each })),
  );
  for (const { file, dagIds } of done) {
    if (!pushed.uploaded.includes(file) || dagIds.length === 0) continue;
    screen.print(`${paint.green("✓")} ${file}  ${paint.dim(dagIds.join(", "))}\n`);
  }
  for (const diagnostic of diagnostics) {
    terminal.err(formatDiagnostic(diagnostic, { folder: folderText, paint }));
  }
  for (const file of waiting) {
    terminal.err(
      `${paint.bold(join(folderText, file))}  ${paint.red("error")}  not imported yet; see: stepwind doctor\n`,
    );
  }
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  if (errors > 0 || waiting.length > 0) session.exitCode = 1;
  const dags = countOf(done.flatMap(({ dagIds }) => dagIds).length, "DAG");
  terminal.out(errors > 0 ? `${dags} live, ${countOf(errors, "error")}\n` : `${dags} live\n`);
}
