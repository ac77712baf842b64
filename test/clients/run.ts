// `npm run test:clients`: Airflow's own clients against a server of ours. The Python client goes
// through every operation and checks each answer by its models; airflowctl runs its commands.
// test/aws/e2e/api/clients.test.ts does so against a deployment.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../e2e/server-process.ts";
import { CLIENT_DAGS, runClients } from "./programs.ts";

const folder = await mkdtemp(join(tmpdir(), "stepwind-clients-server-"));
const server = await startServer({ home: join(folder, "home"), dagsFolder: CLIENT_DAGS });
try {
  const result = await runClients({ url: server.url, exposesConfig: true, patience: 60 });
  process.stdout.write(result.output);
  process.stdout.write(`${result.passed} passed, ${result.failed} failed\n`);
  if (result.failed > 0) process.exitCode = 1;
} finally {
  await server.kill("SIGTERM");
  await rm(folder, { recursive: true, force: true });
}
