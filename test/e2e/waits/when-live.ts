// Waits until a server has read the file of a DAG: a busy machine takes its time.
import { expect } from "vitest";
import type { startServer } from "../server-process.ts";

type Server = Awaited<ReturnType<typeof startServer>>;

export async function whenLive(server: Pick<Server, "request">, dagId: string): Promise<void> {
  const look = () =>
    server.request(`/dags/${dagId}`).then(
      () => true,
      () => false,
    );
  await expect.poll(look, { timeout: 30_000 }).toBe(true);
}
