// What fires by itself, and what happens when it fires twice.
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { beforeAll, expect, test } from "vitest";
import { type Cloud, openCloud, until } from "./cloud.ts";

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

const FIRES = 20;

test("a cron schedule starts runs by itself", async () => {
  await cloud.upload(
    "every_minute.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("every_minute", { schedule: "* * * * *", startDate: "2026-01-01" });
dag.task("tick", async () => 1)();
`,
  );
  await cloud.dagWhen("every_minute");
  const since = Date.now();
  const runs = () => cloud.metadata.runs.list({ dagId: "every_minute" });
  const { items } = await until("a scheduled run", runs, (page) =>
    page.items.some(({ runAfter, state }) => Date.parse(runAfter) > since && state === "success"),
  );
  const dates = items.map(({ logicalDate }) => logicalDate);
  expect(new Set(dates).size).toBe(dates.length);
  expect(items.every(({ runType }) => runType === "scheduled")).toBe(true);
});

test("a scheduler that is fired many times at once makes one run per date", async () => {
  await cloud.upload(
    "fired_often.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("fired_often", { schedule: "@hourly", startDate: "2026-01-01" });
dag.task("tick", async () => 1)();
`,
  );
  await cloud.dagWhen("fired_often");
  const fire = () =>
    cloud.lambda.send(
      new InvokeCommand({
        FunctionName: cloud.environment.schedulerArn,
        Payload: Buffer.from(JSON.stringify({ dagId: "fired_often" })),
      }),
    );
  const fired = await Promise.all(Array.from({ length: FIRES }, fire));
  expect(fired.filter(({ FunctionError }) => FunctionError !== undefined)).toEqual([]);
  const runs = () => cloud.metadata.runs.list({ dagId: "fired_often" });
  const { items } = await until("a run", runs, (page) => page.items.length > 0);
  expect(new Set(items.map(({ logicalDate }) => logicalDate)).size).toBe(items.length);
  expect(items.length).toBeLessThanOrEqual(2); // two only if the hour turned meanwhile
  for (const { runId } of items) {
    expect((await cloud.endOf("fired_often", runId)).state).toBe("success");
  }
  expect(await cloud.executionsOf("fired_often")).toHaveLength(items.length);
});
