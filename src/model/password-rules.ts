// What a password must be like. NIST SP 800-63B: length counts, kinds of characters don't.

const SHORTEST_PASSWORD = 12;

/** What is wrong with the password, as the end of a sentence; undefined for a good one. */
export function findPasswordFlaw(password: string): string | undefined {
  const length = [...password].length;
  if (length >= SHORTEST_PASSWORD) return undefined;
  const characters = length === 1 ? "1 character" : `${length} characters`;
  return `has ${characters}; set one of at least ${SHORTEST_PASSWORD}`;
}
