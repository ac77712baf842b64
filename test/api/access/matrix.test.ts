// The authorisation matrix over HTTP: each operation that is registered, as each role, on a DAG of
// its own and on another one. Whoever may not gets Airflow's 403, whatever else is wrong with the
// request; whoever may gets anything else.
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../../src/api/document/generated/operations.ts";
import type { OperationId } from "../../../src/api/document/shapes.ts";
import { FILES } from "../../../src/api/operation-files.ts";
import type { Permission } from "../../../src/model/access/permissions.ts";
import { createAccessProduct } from "./access-product.ts";
import { COLUMNS, isInMatrix, TEAM_PERMISSIONS } from "./authorisation-matrix.ts";
import { ALSO_ASKED, documentedPermission } from "./operation-permissions.ts";

/** DAGs that aren't there: access is decided before anything is looked for. */
const VALUES: Readonly<Record<string, string>> = { dag_run_id: "r", username: "~" };

function pathOf(id: OperationId, dagId: string): string {
  return OPERATIONS[id].path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === "dag_id" ? dagId : (VALUES[name] ?? "1"),
  );
}

/** Lists over all DAGs are there for whoever may read one; changes of DAGs for all are not. */
function overAllDags(permission: Permission): "Team own" | "Team other" {
  return /^(PUT|DELETE) dag$/.test(permission) ? "Team other" : "Team own";
}

describe("each operation by each role", () => {
  for (const column of COLUMNS) {
    test(column, async () => {
      const product = await createAccessProduct();
      const { metadata, createUser, logIn, send } = product;
      await metadata.roles.put({ name: "Team", permissions: TEAM_PERMISSIONS });
      await metadata.dagAccess.put({
        dagId: "own",
        accessControl: { Team: { DAGs: ["can_read", "can_edit"] } },
      });
      const [role = "", dagId = "other"] = column.split(" ");
      await createUser("ann", [role]);
      const token = await logIn("ann");
      const wrong: unknown[] = [];
      for (const id of FILES.flatMap(({ ids }) => ids)) {
        // It makes the tokens of this test void.
        if (id === "revoke_user_tokens") continue;
        const { method } = OPERATIONS[id];
        const permission = documentedPermission(id);
        if (permission === undefined) throw new Error(`Operation ${id} is not in the table`);
        const isOfDag = OPERATIONS[id].path.includes("{dag_id}");
        const body = "body" in OPERATIONS[id] ? "{}" : undefined;
        const answer = await send(pathOf(id, dagId), {
          token,
          method: method.toUpperCase(),
          ...(body === undefined ? {} : { body }),
        });
        const place = isOfDag || role !== "Team" ? column : overAllDags(permission);
        const isRefused =
          answer.status === 403 &&
          (await answer.text()) === JSON.stringify({ detail: "Forbidden" });
        const asked = [permission, ALSO_ASKED[id] ?? "open"] as const;
        const isAllowed = asked.every((each) => each === "open" || isInMatrix(each, place));
        if (isRefused === isAllowed)
          wrong.push({ id, permission, status: answer.status, isAllowed });
      }
      expect(wrong).toEqual([]);
    }, 60_000);
  }
});
