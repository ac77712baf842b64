// Collects the diagnostics of one DAG, with the place in the author's file where it is known.
import type { Diagnostic, DiagnosticCode } from "../model/diagnostics.ts";
import { type CallSite, type CodePosition, positionOf } from "../sdk/call-site.ts";
import type { TaskRecord } from "../sdk/drawing/graph.ts";

/**
 * From a position in the code that ran to the author's file; `undefined` when it is none of the
 * author's.
 */
export type Locate = (position: CodePosition) => Pick<Diagnostic, "file" | "line"> | undefined;

export interface Finding {
  readonly code: DiagnosticCode;
  /** "error" when absent. */
  readonly severity?: "error" | "warning";
  readonly message: string;
  readonly hint?: string;
  readonly taskId?: string;
  readonly site: CallSite;
}

/** Adds a finding about the DAG, without repeating where. */
export type Refuse = (finding: Pick<Finding, "code" | "severity" | "message" | "hint">) => void;

export interface Report {
  readonly diagnostics: readonly Diagnostic[];
  add(finding: Finding): void;
}

/** An empty report on a DAG. */
export function createReport(dagId: string, locate: Locate = ({ line }) => ({ line })): Report {
  const diagnostics: Diagnostic[] = [];
  return {
    diagnostics,
    add({ site, severity = "error", ...finding }) {
      const position = positionOf(site);
      diagnostics.push({ ...finding, severity, dagId, ...(position ? locate(position) : {}) });
    },
  };
}

/** `task "load" of DAG "orders"`: whose option or input something is, for messages. */
export function ownerOf({ taskId, graph }: TaskRecord): string {
  return `task "${taskId}" of DAG "${graph.dagId}"`;
}
