// The differential test on the deployment: random DAGs with mapped tasks and groups, setups and
// teardowns, branches, sensors, pools and retries, whose runs people clear and mark in the middle
// and at the end, are at each of these moments where they are on one machine. In which order tasks
// end differs between the two, so the cases are those whose states don't hang on it.
import { beforeAll, expect, test } from "vitest";
import type { Wish } from "../../../reference/differential/interventions.ts";
import { resultOf } from "../../../reference/differential/scripted-tries.ts";
import {
  isSteady,
  type PlayedCase,
  playStaged,
  type StagedCase,
  stagedCase,
  statesOf,
} from "../../../reference/differential/staged-cases.ts";
import { patient } from "../../patience.ts";
import { type Cloud, openCloud, until } from "../cloud.ts";
import type { Asked } from "../endpoints/function-url.ts";
import { type ScriptedDag, scriptedDagFile } from "./scripted-dag-file.ts";

/** Of cases that are steady in 200 draws of times, with all that a DAG may have among them. */
const SEEDS: readonly number[] = [3, 6, 10, 22, 23, 25, 26, 37, 43, 50];
/** Draws that are looked at here. */
const DRAWS = 5;
/** Runs at the same time. */
const CONCURRENCY = 6;
const RUN_ID = "staged";

interface Compared {
  readonly testCase: StagedCase;
  readonly wanted: PlayedCase;
}

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

function toScripted({ testCase: { document, held }, wanted }: Compared): ScriptedDag {
  const tries = [...wanted.tries].map(([name, { pokes, seconds, ending, result }]) => {
    const isHeld = name.startsWith(`${held} `) && name.endsWith(" 1");
    const script = { pokes: pokes.length, ms: Math.ceil(seconds), ending, value: resultOf(result) };
    return [name, { ...script, ...(isHeld && { isHeld }) }] as const;
  });
  return { document, tries: Object.fromEntries(tries) };
}

/** The request that a person makes for it, below the DAG. */
function requestOf(act: Wish): readonly [path: string, asked: Omit<Asked, "token">] {
  const run = `/dagRuns/${RUN_ID}`;
  if (act.kind === "mark-run") return [run, { method: "PATCH", body: { state: act.state } }];
  if (act.kind === "mark") {
    const { taskId, mapIndex, state } = act;
    const place = mapIndex === undefined ? taskId : `${taskId}/${mapIndex}`;
    return [`${run}/taskInstances/${place}`, { method: "PATCH", body: { new_state: state } }];
  }
  const { tasks, upstream = false, downstream = false, onlyFailed = false } = act;
  const body = {
    dry_run: false,
    dag_run_id: RUN_ID,
    ...(tasks && { task_ids: tasks }),
    include_upstream: upstream,
    include_downstream: downstream,
    only_failed: onlyFailed,
  };
  return ["/clearTaskInstances", { method: "POST", body }];
}

async function follow({ testCase, wanted }: Compared): Promise<void> {
  const { document, acts } = testCase;
  const { dagId } = document;
  const run = { dagId, runId: RUN_ID };
  const isAt = async (index: number) => {
    const stage = wanted.stages[index];
    const read = async () => ({
      states: statesOf(document, await cloud.metadata.taskInstances.list(run)),
      runState: (await cloud.metadata.runs.get(dagId, RUN_ID))?.state,
    });
    const wantedText = JSON.stringify(stage);
    const isThere = (found: object) => JSON.stringify(found) === wantedText;
    await until(`stage ${index} of ${dagId}, ${wantedText}`, read, isThere);
  };
  const body = { logical_date: null, dag_run_id: RUN_ID };
  await cloud.ask(`/dags/${dagId}/dagRuns`, { method: "POST", body });
  for (const [index, { act }] of acts.entries()) {
    await isAt(index);
    const [path, asked] = requestOf(act);
    const isRefused = await cloud.ask(`/dags/${dagId}${path}`, asked).then(
      () => false,
      () => true,
    );
    expect([index, act, isRefused], dagId).toEqual([index, act, wanted.refused[index]]);
    if (!acts[index + 1]?.isHeld) {
      await cloud.metadata.variables.put({ key: `go_${dagId}`, value: "1" });
    }
  }
  await isAt(acts.length);
}

test(`${SEEDS.length} random DAGs go the same way on AWS, whatever people do`, {
  timeout: patient(900_000),
}, async () => {
  const cases: Compared[] = [];
  for (const seed of SEEDS) {
    const testCase = stagedCase(seed);
    expect(testCase, `${seed}`).toBeDefined();
    if (!testCase) continue;
    expect(await isSteady(testCase, DRAWS), `${seed} is steady`).toBe(true);
    cases.push({ testCase, wanted: await playStaged(testCase) });
    for (const [pool, slots] of Object.entries(testCase.pools)) {
      await cloud.metadata.pools.put({ pool, slots, includeDeferred: false });
    }
  }
  await cloud.upload("staged.ts", scriptedDagFile(cases.map(toScripted)));
  const isRead = ({
    dagIds,
    diagnostics,
  }: {
    dagIds: readonly string[];
    diagnostics: readonly object[];
  }) => dagIds.length === SEEDS.length || diagnostics.length > 0;
  expect((await cloud.fileWhen("staged.ts", isRead)).diagnostics).toEqual([]);
  const queue = cases.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const each of queue) await follow(each);
    }),
  );
});
