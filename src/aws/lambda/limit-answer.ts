// Answers of the API that Lambda can't hand on. It passes 6 MB and turns more into a bare 502; here
// the caller is told instead, and what to ask for.

/** What a function answers to its URL. */
export interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

/** Lambda quotas: "invocation payload, synchronous". */
const MAX_BYTES = 6 * 1024 * 1024;

/** Bytes of JSON whose text in an answer stays below that, with its quotes escaped. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The answer, or in place of one that is too large, a refusal that says so. */
export function limitAnswer<T extends Answer>(
  answer: T,
): T | (Answer & { readonly headers: object }) {
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  if (bytes <= MAX_BYTES) return answer;
  const detail =
    `The answer has ${(bytes / 1024 / 1024).toFixed(1)} MB, and the function's URL passes 6 MB; ` +
    "ask for fewer objects with limit and offset, or for one of them";
  return {
    statusCode: 413,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ detail }),
  };
}
