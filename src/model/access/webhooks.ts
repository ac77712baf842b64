// Webhooks: addresses by which systems that can't log in trigger a DAG.

export interface WebhookRecord {
  readonly dagId: string;
  /** Short, for people; unique within the DAG. */
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the token, base64url. It has 256 random bits, so nothing slower is needed. */
  readonly hash: string;
  /** UTC ISO text. */
  readonly createdAt: string;
  /** The user who made it; absent when nobody is known. */
  readonly createdBy?: string;
}

/** Within those of its DAG; DAG ids have no "/". With an empty id, the prefix of all of them. */
export function webhookKey({ dagId, id }: Pick<WebhookRecord, "dagId" | "id">): string {
  return `${dagId}/${id}`;
}

/** What a webhook's address ends with: its id and its token. */
export interface WebhookSecret {
  readonly id: string;
  readonly token: string;
}

export function formatWebhookSecret({ id, token }: WebhookSecret): string {
  return `${id}.${token}`;
}

/** Undefined for a text that is none. */
export function parseWebhookSecret(text: string): WebhookSecret | undefined {
  const [id = "", token = "", ...others] = text.split(".");
  return id === "" || token === "" || others.length > 0 ? undefined : { id, token };
}
