// The defaultArgs of a DAG and its groups, checked once for each level.
import type { DagGraph, GroupRecord } from "../sdk/drawing/graph.ts";
import type { SensorOptions } from "../sdk/options.ts";
import { checkOptions, SENSOR_OPTIONS } from "./check-options.ts";
import type { Report } from "./report.ts";

/** The checked defaultArgs that hold in a group, each level checked once. */
export function createDefaults(
  graph: DagGraph,
  report: Report,
): (group: GroupRecord | undefined) => SensorOptions {
  const known = new Map<GroupRecord | undefined, SensorOptions>();
  const check = (options: SensorOptions | undefined, owner: string, site = graph.site) =>
    checkOptions(options ?? {}, SENSOR_OPTIONS, { owner, site, report });
  const defaults = (group: GroupRecord | undefined): SensorOptions => {
    let found = known.get(group);
    if (!found) {
      found = group
        ? {
            ...defaults(group.parent),
            ...check(
              group.options.defaultArgs,
              `the defaultArgs of task group "${group.groupId}"`,
              group.site,
            ),
          }
        : check(graph.options.defaultArgs, `the defaultArgs of DAG "${graph.dagId}"`);
      known.set(group, found);
    }
    return found;
  };
  return defaults;
}
