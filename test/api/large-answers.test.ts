// Answers that Lambda can't hand on: logs come page by page, and what can't be paged is refused by
// name.
import { expect, test } from "vitest";
import { createApiServer } from "../../src/api/api-server.ts";
import { limitAnswer, MAX_BODY_BYTES } from "../../src/aws/lambda/limit-answer.ts";
import { logEntry, taskKey } from "../contract/records.ts";
import { createApiProduct } from "./api-product.ts";

const MB = 1024 * 1024;

interface LogAnswer {
  readonly content: readonly { readonly event: string }[];
  readonly continuation_token: string | null;
}

test("a log of 109 MB by full_content comes in answers that pass, without losing a line", async () => {
  const { platform, services, metadata } = await createApiProduct();
  const app = createApiServer(platform, services, { maxAnswerBytes: MAX_BODY_BYTES });
  const [run] = (await metadata.runs.list({ dagId: "etl", states: ["success"] })).items;
  const runId = run?.runId ?? "";
  const key = taskKey({ dagId: "etl", runId, taskId: "load" });
  const set = { state: "success", tryNumber: 9 } as const;
  const states = [null, "success", "failed", "running", "up_for_retry"] as const;
  await metadata.taskInstances.update({ key, from: states, set });
  const lines = 1_090;
  const text = 'x"'.repeat(50_000);
  for (let line = 0; line < lines; line += 1) {
    await platform.logs.append({ ...key, tryNumber: 9 }, [logEntry(`${line} ${text}`)]);
  }
  const path = `/api/v2/dags/etl/dagRuns/${encodeURIComponent(runId)}/taskInstances/load/logs/9`;
  const seen: string[] = [];
  let answers = 0;
  for (let token: string | null | undefined; token !== null; answers += 1) {
    const query = new URLSearchParams({ full_content: "true", ...(token ? { token } : {}) });
    const body = await (await app.request(`${path}?${query}`)).text();
    const passed = limitAnswer({ statusCode: 200, body });
    expect(passed.statusCode).toBe(200);
    const { content, continuation_token }: LogAnswer = JSON.parse(body);
    seen.push(...content.map(({ event }) => event.split(" ")[0] ?? ""));
    token = continuation_token;
  }
  expect(seen).toEqual(Array.from({ length: lines }, (_, line) => String(line)));
  expect(answers).toBeGreaterThan(25);
  expect(answers).toBeLessThan(80);
}, 120_000);

test("a line that no answer can hold is cut and says so", async () => {
  const { platform, services, metadata } = await createApiProduct();
  const app = createApiServer(platform, services, { maxAnswerBytes: MAX_BODY_BYTES });
  const [run] = (await metadata.runs.list({ dagId: "etl", states: ["success"] })).items;
  const runId = run?.runId ?? "";
  const key = taskKey({ dagId: "etl", runId, taskId: "load" });
  const states = [null, "success", "failed", "running", "up_for_retry"] as const;
  await metadata.taskInstances.update({
    key,
    from: states,
    set: { state: "success", tryNumber: 9 },
  });
  await platform.logs.append({ ...key, tryNumber: 9 }, [logEntry("y".repeat(9 * MB))]);
  const path = `/api/v2/dags/etl/dagRuns/${encodeURIComponent(runId)}/taskInstances/load/logs/9`;
  const body = await (await app.request(path)).text();
  expect(body.length).toBeLessThan(MB);
  expect(body).toContain(`(cut: the line has ${9 * MB} characters)`);
});

test("an answer of more than 6 MB is a refusal that says what to ask for", () => {
  const small = { statusCode: 200, body: "[]" };
  expect(limitAnswer(small)).toBe(small);
  const refused = limitAnswer({ statusCode: 200, body: JSON.stringify("x".repeat(7 * MB)) });
  expect(refused).toMatchObject({
    statusCode: 413,
    headers: { "content-type": "application/json" },
  });
  expect(JSON.parse(refused.body).detail).toBe(
    "The answer has 7.0 MB, and the function's URL passes 6 MB; ask for fewer objects with limit and offset, or for one of them",
  );
});
