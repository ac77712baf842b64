// Random DAGs give the same final states on AWS, on one machine, and in the reference scheduler.
import { expect, test } from "vitest";
import { steadyDags } from "../../reference/steady-dags.ts";
import { patient } from "../patience.ts";
import { openCloud } from "./cloud.ts";
import { runEmbedded } from "./runs/embedded-runs.ts";
import { scriptedDagFile, toScripted } from "./runs/scripted-dag-file.ts";

const DAGS = 20;
/** Runs at the same time. */
const CONCURRENCY = 5;

test(`${DAGS} random DAGs end alike embedded and on AWS`, {
  timeout: patient(600_000),
}, async () => {
  const cloud = openCloud();
  const dags = steadyDags(DAGS);
  const file = scriptedDagFile(dags.map(toScripted));
  const wanted = await runEmbedded(
    file,
    dags.map(({ document }) => document.dagId),
  );
  await cloud.upload("random.ts", file);
  const record = await cloud.fileWhen("random.ts", ({ dagIds }) => dagIds.length === DAGS);
  expect(record.diagnostics).toEqual([]);
  const queue = dags.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const { document, states } of queue) {
        const { dagId } = document;
        const ended = await cloud.run(dagId);
        expect(ended.states, dagId).toEqual(states);
        expect({ state: ended.state, states: ended.states }, dagId).toEqual(wanted.get(dagId));
      }
    }),
  );
});
