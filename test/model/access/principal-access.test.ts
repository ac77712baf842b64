// What roles may do, cell by cell, and what DAGs add to it.
import { describe, expect, test } from "vitest";
import type { DagAccess } from "../../../src/model/access/dag-access.ts";
import type { Permission } from "../../../src/model/access/permissions.ts";
import { createAccess } from "../../../src/model/access/principal-access.ts";
import { permissionsOf } from "../../../src/model/access/roles.ts";
import {
  COLUMNS,
  isInMatrix,
  MATRIX,
  TEAM_PERMISSIONS,
} from "../../api/access/authorisation-matrix.ts";

const TEAM = { name: "Team", permissions: TEAM_PERMISSIONS };

function accessOf(role: string, accessControl: DagAccess) {
  return createAccess([role], { custom: [TEAM], ofDags: [{ dagId: "own", accessControl }] });
}

const OWN: DagAccess = { Team: { DAGs: ["can_read", "can_edit"] } };

describe("the authorisation matrix", () => {
  for (const permission of Object.keys(MATRIX) as Exclude<Permission, "open">[]) {
    test(permission, () => {
      expect(MATRIX[permission].split(/ +/)).toHaveLength(COLUMNS.length);
      for (const column of COLUMNS) {
        const [role = "", place = "other"] = column.split(" ");
        const isAllowed = accessOf(role, OWN).may(permission, place);
        expect(isAllowed, column).toBe(isInMatrix(permission, column));
      }
    });
  }
});

describe("a DAG's accessControl", () => {
  test("gives a role no more than what it names", () => {
    const { may } = accessOf("Team", { Team: { DAGs: ["can_read"] } });
    expect(may("GET dag", "own")).toBe(true);
    expect(may("GET dag.run", "own")).toBe(true);
    expect(may("PUT dag", "own")).toBe(false);
    expect(may("POST dag.run", "own")).toBe(false);
    expect(may("DELETE dag", "own")).toBe(false);
  });

  test("gives a Viewer the right to edit that DAG, but not its runs, which take a permission of their own", () => {
    const { may } = accessOf("Viewer", { Viewer: { DAGs: ["can_edit"] } });
    expect(may("PUT dag", "own")).toBe(true);
    expect(may("PUT dag", "other")).toBe(false);
    expect(may("POST dag.run", "own")).toBe(false);
    const both = accessOf("Viewer", { Viewer: { DAGs: ["can_edit"], "DAG Runs": ["can_create"] } });
    expect(both.may("POST dag.run", "own")).toBe(true);
    expect(both.may("POST dag.run", "other")).toBe(false);
    expect(both.may("PUT dag.run", "own")).toBe(false);
  });

  test("holds for the roles that it names alone, also by a name that objects inherit", () => {
    expect(accessOf("Public", OWN).may("GET dag", "own")).toBe(false);
    expect(accessOf("constructor", OWN).may("GET dag", "own")).toBe(false);
    expect(accessOf("Unknown", { Unknown: { DAGs: ["can_read"] } }).may("GET dag", "own")).toBe(
      true,
    );
  });

  test("lets a list of DAGs be asked for by whoever may read one of them", () => {
    expect(accessOf("Team", OWN).may("GET dag")).toBe(true);
    expect(accessOf("Team", OWN).may("GET dag.run", "~")).toBe(true);
    expect(accessOf("Team", {}).may("GET dag")).toBe(false);
    expect(accessOf("Team", {}).may("GET dag.run", "~")).toBe(false);
    const runsOnly = accessOf("Team", { Team: { "DAG Runs": ["can_read"] } });
    expect(runsOnly.may("GET dag")).toBe(false);
  });
});

test("several roles add up", () => {
  const { may } = createAccess(["Viewer", "Team"], { custom: [TEAM], ofDags: [] });
  expect(may("PUT dag.run", "x")).toBe(false);
  expect(may("GET dag", "x")).toBe(true);
  const withEdit = {
    name: "Edit",
    permissions: [{ action: "can_edit", resource: "DAGs" }],
  } as const;
  const all = createAccess(["Team", "Edit"], { custom: [TEAM, withEdit], ofDags: [] });
  expect(all.may("PUT dag.run", "x")).toBe(true);
});

test("a custom role may name one DAG as Airflow's does", () => {
  const permissions = [{ action: "can_read", resource: "DAG:own" }] as const;
  const { may } = createAccess(["One"], { custom: [{ name: "One", permissions }], ofDags: [] });
  expect(may("GET dag", "own")).toBe(true);
  expect(may("GET dag", "other")).toBe(false);
});

test("built-in roles contain each other, as Airflow's do", () => {
  const names = (role: "Viewer" | "User" | "Op") =>
    permissionsOf(role).map(({ action, resource }) => `${action} ${resource}`);
  expect(names("User")).toEqual(expect.arrayContaining(names("Viewer")));
  expect(names("Op")).toEqual(expect.arrayContaining(names("User")));
});
