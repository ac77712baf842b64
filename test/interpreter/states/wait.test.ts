// Wait states, on a clock that jumps.
import { describe, expect, test } from "vitest";
import type { State } from "../../../src/model/asl.ts";
import { machine } from "../definitions.ts";
import { VirtualHost } from "../virtual-host.ts";

const wait = (fields: object) => machine({ w: { Type: "Wait", End: true, ...fields } as State });

describe("a wait", () => {
  test("takes its seconds and hands on its input", async () => {
    const host = new VirtualHost();
    const result = await host.run(wait({ Seconds: 90 }), { id: 1 });
    expect(result).toEqual({ status: "SUCCEEDED", output: { id: 1 } });
    expect(host.clock).toBe(90);
  });

  test("takes its seconds from its input", async () => {
    const host = new VirtualHost();
    await host.run(wait({ SecondsPath: "$.delay" }), { delay: 12 });
    expect(host.clock).toBe(12);
  });

  test("lasts until its timestamp", async () => {
    const host = new VirtualHost();
    await host.run(wait({ Timestamp: "2026-01-01T00:01:00Z" }));
    expect(host.clock).toBe(60);
  });

  test("lasts until the timestamp in its input", async () => {
    const host = new VirtualHost();
    await host.run(wait({ TimestampPath: "$.at" }), { at: "2026-01-01T01:00:30+01:00" });
    expect(host.clock).toBe(30);
  });

  test.each([
    [{ Seconds: 0 }],
    [{ SecondsPath: "$.zero" }],
    [{ Timestamp: "2025-12-31T23:59:59Z" }],
  ])("doesn't sleep when there is nothing to wait for: %o", async (fields) => {
    const host = new VirtualHost();
    expect(await host.run(wait(fields), { zero: 0 })).toMatchObject({ status: "SUCCEEDED" });
    expect(host.sleeps).toEqual([]);
  });

  test.each([
    [{ SecondsPath: "$.text" }, 'State "w" waits $.text seconds, which is "soon"'],
    [{ SecondsPath: "$.negative" }, 'State "w" waits $.negative seconds, which is -1'],
    [{ TimestampPath: "$.text" }, 'State "w" waits until "soon", which is not a timestamp'],
    [{ TimestampPath: "$.negative" }, 'State "w" waits until -1, which is not a timestamp'],
  ])("fails with States.Runtime for what is no time: %o", async (fields, cause) => {
    const result = await new VirtualHost().run(wait(fields), { text: "soon", negative: -1 });
    expect(result).toEqual({ status: "FAILED", error: "States.Runtime", cause });
  });

  test("fails with States.ParameterPathFailure when its path isn't there", async () => {
    const result = await new VirtualHost().run(wait({ SecondsPath: "$.delay" }));
    expect(result).toMatchObject({ error: "States.ParameterPathFailure" });
  });

  test("fails when the host can't sleep", async () => {
    class SleeplessHost extends VirtualHost {
      override sleep(): Promise<void> {
        return Promise.reject(new Error("no clock"));
      }
    }
    const result = await new SleeplessHost().run(wait({ Seconds: 1 }));
    expect(result).toEqual({
      status: "FAILED",
      error: "States.Runtime",
      cause: 'State "w": no clock',
    });
  });
});
