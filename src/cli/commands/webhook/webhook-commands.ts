// What the `stepwind webhooks` commands do.
import type { Schema } from "../../../api/document/shapes.ts";
import { path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";

const COLUMNS: readonly Column<Schema<"WebhookResponse">>[] = [
  { name: "webhook_id", value: ({ webhook_id: id }) => id },
  { name: "name", value: ({ name }) => name },
  { name: "created_at", value: ({ created_at: at }) => at },
  { name: "created_by", value: ({ created_by: by }) => by ?? "" },
];

export async function makeWebhook(
  { terminal }: Session,
  places: Places,
  { dagId, name }: { readonly dagId: string; readonly name: string },
): Promise<void> {
  const { webhook, url } = await withConnection(
    places,
    async (connection) => {
      const at = path`/dags/${dagId}/webhooks`;
      const made = await connection.api.post<Schema<"CreatedWebhookResponse">>(at, { name });
      return { webhook: made, url: connection.url };
    },
    "change",
  );
  const address = url === undefined ? webhook.path : new URL(webhook.path, url).href;
  terminal.out(
    `${address}\n\nThis address is shown once. A POST to it triggers DAG ${dagId}; whoever has it ` +
      `needs no log-in.\nRevoke it with: stepwind webhooks revoke ${dagId} ${webhook.webhook_id}\n`,
  );
}

export async function showWebhooks(
  session: Session,
  places: Places,
  { dagId, output }: { readonly dagId: string; readonly output: Output },
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const { webhooks } = await api.get<Schema<"WebhookCollectionResponse">>(
      path`/dags/${dagId}/webhooks`,
    );
    await printRows(session, webhooks, { columns: COLUMNS, output });
  });
}

export async function endWebhook(
  { terminal }: Session,
  places: Places,
  { dagId, webhookId }: { readonly dagId: string; readonly webhookId: string },
): Promise<void> {
  await withConnection(
    places,
    ({ api }) => api.delete(path`/dags/${dagId}/webhooks/${webhookId}`),
    "change",
  );
  terminal.out(`Webhook ${webhookId} of DAG ${dagId} is revoked\n`);
}
