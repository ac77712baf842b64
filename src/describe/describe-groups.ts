// The task groups of a document, from the drawing of a DAG.
import type { TaskGroupDocument } from "../model/document.ts";
import { isGroupKey } from "../model/ids.ts";
import { type DagGraph, nameOf } from "../sdk/drawing/graph.ts";
import { checkOptions, GROUP_OPTIONS } from "./check-options.ts";
import { describeGroupMapping } from "./describe-mapping.ts";
import type { Report } from "./report.ts";

/** Groups in the order opened. */
export function describeGroups(
  { groups, declared }: DagGraph,
  report: Report,
): readonly TaskGroupDocument[] {
  const seen = new Set(declared.map(({ taskId }) => taskId));
  return groups.flatMap((group) => {
    const { groupId, parent, options, site } = group;
    const owner = `task group "${groupId}" of DAG "${group.graph.dagId}"`;
    const { tooltip } = checkOptions(options, GROUP_OPTIONS, { owner, site, report });
    const local = parent?.prefixGroupId ? groupId.slice(parent.groupId.length + 1) : groupId;
    if (!isGroupKey(local)) {
      const hint = "use letters, digits, dashes and underscores, at most 200 characters";
      report.add({ code: "bad-task-id", site, hint, message: `${nameOf(group)} has a bad id` });
    }
    if (seen.has(groupId)) {
      const message = `${nameOf(group)} has the id of another group or task`;
      report.add({ code: "duplicate-group", site, message, hint: "give it an id of its own" });
      return [];
    }
    seen.add(groupId);
    return [
      {
        groupId,
        ...(parent ? { parentId: parent.groupId } : {}),
        ...(tooltip === undefined ? {} : { tooltip }),
        ...describeGroupMapping(group, report),
      },
    ];
  });
}
