// Errors of calls in payloads of the engine: by their names, and for emulators by their messages.
import { expect, test } from "vitest";
import { toDeferral } from "../../src/services/engine-events.ts";

const IDS = { dagId: "d", runId: "r", clearNumber: 0, taskId: "t", token: "x" };
const causeOf = (errorMessage: string) =>
  JSON.stringify({ errorMessage, errorType: "Runtime.HandlerError" });

test.each([
  [{ Error: "Stepwind.NotYet", Cause: "{}" }, "Stepwind.NotYet"],
  [
    { Error: "Runtime.HandlerError", Cause: causeOf("Stepwind.NotYet: no slot") },
    "Stepwind.NotYet",
  ],
  [
    { Error: "Runtime.HandlerError", Cause: causeOf("Worker process died") },
    "Runtime.HandlerError",
  ],
  [{ Error: "Runtime.ExitError" }, "Runtime.ExitError"],
])("the error of a call is known by its name: %j", (error, name) => {
  expect(toDeferral({ ...IDS, error })).toMatchObject({ taskId: "t", error: name });
});
