// Errors of AWS by their name, which is all that the SDK's clients promise about them.

/** Whether the thrown value is an error with one of these names. */
export function isErrorOf(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** Returns undefined in place of an error with one of these names; other errors are thrown. */
export async function orUndefined<T>(
  call: Promise<T>,
  ...names: readonly string[]
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isErrorOf(error, ...names)) return undefined;
    throw error;
  }
}
