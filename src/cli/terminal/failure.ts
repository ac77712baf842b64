// Why a command didn't do what was asked, for the person who asked.

/**
 * Ends the command: `message` says what happened, `hint` what to do, `exitCode` is 1 unless the
 * command line is wrong (2).
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(
    message: string,
    {
      hint,
      exitCode = 1,
      cause,
    }: { readonly hint?: string; readonly exitCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
