// The token by which a client names a DAG file again: its path, in characters that URLs leave alone.

export function toFileToken(file: string): string {
  return Buffer.from(file).toString("base64url");
}

/** Whatever the text is; a text that is no token names no file. */
export function readFileToken(token: string): string {
  return Buffer.from(token, "base64url").toString();
}
