// The notifier against a webhook on this machine, and what makes the product tell of a failure.
import { describe, expect, onTestFinished, test } from "vitest";
import { createDirectNotifications } from "../../../src/local/direct-notifications.ts";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import { type FailureEvent, runFailed, taskFailed } from "../../../src/model/failure-event.ts";
import type { Connection } from "../../../src/model/task-services.ts";
import {
  createNotifier,
  type NotifierOptions,
} from "../../../src/services/notifications/notifier.ts";
import { webhookUrl } from "../../../src/services/notifications/slack-webhook.ts";
import { createMemoryKeys } from "../../../src/services/stored/memory-keys.ts";
import { createRecordingReporter } from "../../local/recording-reporter.ts";
import { catchWebhooks } from "./webhook-catcher.ts";

const RUN = { dagId: "etl", runId: "manual__1", clearNumber: 0 };
const FAILED = taskFailed(RUN, { taskId: "load", tryNumber: 3, message: "Error: a < b & c" });

function setUp(password: string | undefined, options: NotifierOptions = {}) {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => metadata.close());
  const time = { now: Date.UTC(2026, 0, 31) };
  const clock = {
    now: () => time.now,
    sleep: async (ms: number) => {
      time.now += ms;
    },
  };
  const connection: Connection | undefined =
    password === undefined
      ? undefined
      : { connId: "slack_default", connType: "slackwebhook", password };
  const secrets = { getConnection: async () => connection, getVariable: async () => undefined };
  const platform = { metadata, secrets, encryptionKeys: createMemoryKeys(), clock };
  return { metadata, clock, time, notifier: createNotifier(platform, options) };
}

describe("the notifier", () => {
  test("a failed task is told with its DAG, run, try and message, and a link if the UI's URL is known", async () => {
    const { url, posts } = await catchWebhooks();
    const { notifier } = setUp(`${url}/T/B/secret`, { uiUrl: "https://ui.example/" });
    await notifier.notify(FAILED);
    const text = [
      ":red_circle: Task `load` of DAG `etl` failed",
      "Run: manual__1",
      "Try: 3",
      "Message: Error: a &lt; b &amp; c",
      "<https://ui.example/dags/etl/runs/manual__1/tasks/load|Open in Stepwind>",
    ].join("\n");
    expect(posts).toEqual([{ path: "/T/B/secret", body: { text } }]);
  });

  test("a run that timed out is told with the reason", async () => {
    const { url, posts } = await catchWebhooks();
    await setUp(url).notifier.notify(runFailed(RUN, "timed_out"));
    expect(posts[0]?.body.text).toBe(
      ":red_circle: A run of DAG `etl` failed: it took longer than dagrunTimeout (timed_out)\nRun: manual__1",
    );
  });

  test("an event that comes often is sent once; another try is another event, and so is a cleared run", async () => {
    const { url, posts } = await catchWebhooks();
    const { notifier } = setUp(url);
    await notifier.notify(FAILED);
    await Promise.all([notifier.notify(FAILED), notifier.notify(FAILED)]);
    expect(posts).toHaveLength(1);
    await notifier.notify(taskFailed(RUN, { taskId: "load", tryNumber: 4 }));
    const cleared = { ...RUN, clearNumber: 1 };
    await notifier.notify(taskFailed(cleared, { taskId: "load", tryNumber: 4 }));
    expect(posts).toHaveLength(2);
    await notifier.notify(runFailed(RUN, "timed_out"));
    await notifier.notify(runFailed(cleared, "timed_out"));
    expect(posts).toHaveLength(4);
  });

  test("of several notifiers with one event, one sends it and the others ask to be called again", async () => {
    const { url, posts } = await catchWebhooks();
    const { notifier } = setUp(url);
    const ends = await Promise.allSettled([1, 2, 3].map(() => notifier.notify(FAILED)));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(posts).toHaveLength(1);
    await notifier.notify(FAILED);
    expect(posts).toHaveLength(1);
  });

  test("an event that Slack refused is thrown without the webhook's URL, and sent at the next attempt", async () => {
    const { url, posts, statuses } = await catchWebhooks();
    const { notifier } = setUp(`${url}/secret`);
    statuses.push(503);
    const refused = await notifier.notify(FAILED).catch((error: unknown) => String(error));
    expect(refused).toBe("Error: Slack's webhook answered 503: ok");
    await notifier.notify(FAILED);
    await notifier.notify(FAILED);
    expect(posts).toHaveLength(2);
  });

  test("an unreachable webhook is named by its error, not by its URL", async () => {
    const { notifier } = setUp("http://127.0.0.1:1/secret");
    const refused = await notifier.notify(FAILED).catch((error: unknown) => String(error));
    expect(refused).toMatch(/^Error: Slack's webhook could not be reached: /);
    expect(refused).not.toContain("secret");
  });

  test("the claim of a notifier that died ends after half a minute", async () => {
    const { url, posts } = await catchWebhooks();
    const { notifier, metadata, time } = setUp(url);
    const { taskStates } = metadata;
    const { replace } = taskStates;
    Object.assign(taskStates, {
      replace: async (...args: Parameters<typeof replace>) => {
        await replace(...args);
        Object.assign(taskStates, { replace });
        throw new Error("killed");
      },
    });
    await expect(notifier.notify(FAILED)).rejects.toThrow("killed");
    await expect(notifier.notify(FAILED)).rejects.toThrow("another notifier");
    time.now += 30_000;
    await notifier.notify(FAILED);
    expect(posts).toHaveLength(1);
  });

  test("without the connection nothing is sent, unless the deployment names a webhook", async () => {
    const { url, posts } = await catchWebhooks();
    await setUp(undefined).notifier.notify(FAILED);
    expect(posts).toHaveLength(0);
    await setUp(undefined, { slackWebhook: url }).notifier.notify(FAILED);
    expect(posts).toHaveLength(1);
  });
});

test.each<[Partial<Connection>, string | undefined]>([
  [{ password: "https://hooks.example/T/B/X" }, "https://hooks.example/T/B/X"],
  [{ password: "T/B/X" }, "https://hooks.slack.com/services/T/B/X"],
  [
    { password: "/T/B/X", host: "https://hooks.example/services/" },
    "https://hooks.example/services/T/B/X",
  ],
  [{ password: "T", host: "127.0.0.1", port: 8_000, schema: "http" }, "http://127.0.0.1:8000/T"],
  [{ extra: { webhook_url: "https://hooks.example/X" } }, "https://hooks.example/X"],
  [{ password: " " }, undefined],
])("the connection %j leads to %s", (fields, url) => {
  expect(webhookUrl({ connId: "slack_default", connType: "slackwebhook", ...fields })).toBe(url);
});

describe("notifications on one machine", () => {
  test("an event is tried again until it is sent, and publishing waits for none of it", async () => {
    const { clock } = setUp(undefined);
    const report = createRecordingReporter();
    const attempts: FailureEvent[] = [];
    const notify = async (event: FailureEvent) => {
      attempts.push(event);
      if (attempts.length < 3) throw new Error("no answer");
    };
    const notifications = createDirectNotifications({ notify }, { clock, report });
    await notifications.publish(FAILED);
    expect(attempts.length).toBeLessThan(3);
    await expect.poll(() => attempts).toEqual([FAILED, FAILED, FAILED]);
    await notifications.close();
    expect(report.messages).toEqual([]);
  });

  test("what can't be sent is given up and reported", async () => {
    const { clock } = setUp(undefined);
    const report = createRecordingReporter();
    const notify = () => Promise.reject(new Error("no answer"));
    const notifications = createDirectNotifications({ notify }, { clock, report });
    await notifications.publish(FAILED);
    await expect
      .poll(() => report.messages)
      .toEqual([`warn: The failure of run "manual__1" of DAG "etl" was not told`]);
    await notifications.close();
  });
});
