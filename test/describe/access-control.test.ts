// What a DAG's file says of roles, as it reaches the document.
import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import { Dag } from "../../src/sdk/index.ts";

function messagesFor(accessControl: unknown): readonly string[] {
  // For authors whose editor doesn't check.
  const options = { accessControl } as object;
  return toDocument(new Dag("d", options)).diagnostics.map(({ message, hint }) =>
    [message, hint].filter(Boolean).join("; "),
  );
}

test("actions for a role are those for the DAG itself, or by resource", () => {
  const accessControl = {
    analysts: ["can_read"],
    owners: { DAGs: ["can_read", "can_edit", "can_read"], "DAG Runs": ["can_create"] },
  } as const;
  const { document, diagnostics } = toDocument(new Dag("d", { accessControl }));
  expect(diagnostics).toEqual([]);
  expect(document.accessControl).toEqual({
    analysts: { DAGs: ["can_read"] },
    owners: { DAGs: ["can_read", "can_edit"], "DAG Runs": ["can_create"] },
  });
  expect("accessControl" in toDocument(new Dag("d")).document).toBe(false);
});

test("what isn't an action or a resource of a DAG is a mistake that says what there is", () => {
  expect(messagesFor(["can_read"])).toEqual([
    'DAG "d": accessControl takes an object by role, got ["can_read"]',
  ]);
  expect(messagesFor({ a: ["can_reed"] })).toEqual([
    'DAG "d": accessControl has action "can_reed" on DAGs for role "a", which does not exist; did you mean "can_read"?',
  ]);
  expect(messagesFor({ a: ["can_create"] })).toEqual([
    expect.stringContaining('has action "can_create" on DAGs for role "a"'),
  ]);
  expect(messagesFor({ a: { Dags: ["can_read"] } })).toEqual([
    'DAG "d": accessControl has resource "Dags" for role "a", which isn\'t one of a DAG; the resources are DAGs and DAG Runs',
  ]);
  expect(messagesFor({ a: "can_read" })).toEqual([
    'DAG "d": accessControl takes a list of actions for role "a", or an object by resource, got "can_read"',
  ]);
  expect(messagesFor({ a: { DAGs: "can_read" } })).toEqual([
    'DAG "d": accessControl takes a list of actions for role "a", got "can_read"',
  ]);
});
