// Ids and names that several parts must agree on.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  executionName,
  findRunIdFlaw,
  inputRequestKey,
  inputRequestPrefix,
  isGroupKey,
  isKey,
  parseRunType,
  runIdFor,
  stateMachineName,
} from "../../src/model/ids.ts";

const runAfter = Date.UTC(2026, 0, 1, 6);
const dates = { runAfter, logicalDate: runAfter, random: "k3J9x2Qa" };

test("run ids are Airflow's", () => {
  expect(runIdFor("scheduled", dates)).toBe("scheduled__2026-01-01T06:00:00+00:00");
  expect(runIdFor("manual", { ...dates, runAfter: runAfter + 5 })).toBe(
    "manual__2026-01-01T06:00:00.005000+00:00",
  );
  expect(runIdFor("operator_triggered", dates)).toBe("manual__2026-01-01T06:00:00+00:00");
  expect(runIdFor("asset_triggered", { ...dates, logicalDate: null })).toBe(
    "asset_triggered__2026-01-01T06:00:00+00:00_k3J9x2Qa",
  );
});

test("a run id tells its type, and is manual if it tells none", () => {
  for (const type of ["scheduled", "backfill", "asset_triggered", "manual"] as const) {
    expect(parseRunType(runIdFor(type, dates))).toBe(type);
  }
  expect(parseRunType("operator_triggered__x")).toBe("operator_triggered");
  expect(parseRunType("scheduled_by_me")).toBe("manual");
});

test("run ids that people choose have Airflow's characters", () => {
  for (const right of ["nightly_2026-01-01T06:00:00+00:00~2.x", ".a", "a.", "x".repeat(250)]) {
    expect(findRunIdFlaw(right)).toBeUndefined();
  }
  for (const wrong of ["", "a b", "a/b", "ä", "a\n", "%2e%2e"]) {
    expect(findRunIdFlaw(wrong)).toContain("other characters");
  }
  expect(findRunIdFlaw("x".repeat(251))).toContain("251 characters");
});

test("a run id that file names or URLs take for another place is none", () => {
  for (const wrong of [".", "..", "a..b", "...", "a.."]) {
    expect(findRunIdFlaw(wrong)).toContain("a path to another place");
  }
});

test("ids of DAGs and tasks are words with dots and dashes, those of groups have no dots", () => {
  expect(["a", "my-dag.v2", "größe", "日報", "x".repeat(250)].every(isKey)).toBe(true);
  expect(["", "a b", "a/b", "a:b", "x".repeat(251)].some(isKey)).toBe(false);
  expect(isGroupKey("extract-1")).toBe(true);
  expect(isGroupKey("a.b")).toBe(false);
});

const NAME = /^[A-Za-z0-9_-]{1,80}$/;

test("names of executions and state machines fit Step Functions, whatever the ids", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (dagId, runId, clearNumber) => {
      expect(executionName({ dagId, runId, clearNumber })).toMatch(NAME);
      const hash = "0123456789abcdef0123456789abcdef";
      expect(stateMachineName(dagId, hash)).toMatch(NAME);
      const prefix = "x".repeat(50);
      const name = stateMachineName(dagId, hash, prefix);
      expect(name).toMatch(NAME);
      expect(name.startsWith(prefix)).toBe(true);
    }),
  );
});

test("an execution's name is always the same and no other's", () => {
  const execution = { dagId: "a", runId: "scheduled__2026-01-01T06:00:00+00:00", clearNumber: 0 };
  expect(executionName(execution)).toBe(executionName({ ...execution }));
  const names = new Set<string>();
  for (const dagId of ["a", "a.b", "a_b", "a-b"]) {
    for (let hour = 0; hour < 500; hour += 1) {
      for (const clearNumber of [0, 1]) {
        const runId = `${runIdFor("manual", { ...dates, runAfter: runAfter + hour * 3_600_000 })}`;
        names.add(executionName({ dagId, runId, clearNumber }));
      }
    }
  }
  expect(names.size).toBe(4_000);
});

test("DAGs and versions that look alike have machines of their own", () => {
  const names = ["a.b", "a_b", "x".repeat(200), `${"x".repeat(200)}y`].flatMap((dagId) =>
    ["00ff".repeat(8), "00fe".repeat(8)].map((hash) => stateMachineName(dagId, hash)),
  );
  expect(new Set(names).size).toBe(8);
});

test("after a prefix that ends in _ the hash is set off by _, and a pattern for - fits no such name", () => {
  const hash = "0123456789abcdef0123456789abcdef";
  fc.assert(
    fc.property(fc.string(), (dagId) => {
      expect(stateMachineName(dagId, hash, "etl_")).toMatch(/^etl_.*_[a-z0-9]{20}$/);
      expect(stateMachineName(dagId, hash, "etl-")).toMatch(/^etl-.*-[a-z0-9]{20}$/);
    }),
  );
});

test("keys of a run's questions begin with what its listing asks for", () => {
  for (const dagId of ["etl", "x".repeat(250), 'quo"ted']) {
    for (const runId of ["r", "r".repeat(300)]) {
      const key = inputRequestKey({ dagId, runId, taskId: "ask", mapIndex: -1 }, 1);
      expect(key.startsWith(inputRequestPrefix(dagId))).toBe(true);
      expect(key.startsWith(inputRequestPrefix(dagId, runId))).toBe(true);
    }
  }
  const other = inputRequestKey({ dagId: "etl_2", runId: "r", taskId: "ask", mapIndex: -1 }, 1);
  expect(other.startsWith(inputRequestPrefix("etl"))).toBe(false);
});
