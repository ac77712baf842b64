// Names of users and roles: whatever people are called, but nothing that keys and terminals
// stumble over.

const LONGEST_NAME = 250;

/** What is wrong with the name, as the end of a sentence; undefined for a good one. */
export function findUsernameFlaw(name: string): string | undefined {
  if (name === "") return "is empty; give one";
  if (name === "~") return 'is "~", which stands for whoever asks; choose another';
  if (name.length > LONGEST_NAME) return `has more than ${LONGEST_NAME} characters`;
  if (/[/\p{C}]/u.test(name)) return 'has a "/" or a control character; leave it out';
  return undefined;
}
