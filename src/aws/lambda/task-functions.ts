// The functions that run user code without the product's rights: one for DAGs without a role, and
// one for each role.

export interface TaskFunctions {
  /** Name of the function of DAGs without a role. */
  readonly task: string;
  /** Names by role. */
  readonly taskRoles: Readonly<Record<string, string>>;
}

/** For a role that the deployment no longer has, the function of DAGs without one. */
export function taskFunctionOf({ task, taskRoles }: TaskFunctions, role?: string): string {
  return (role === undefined ? undefined : taskRoles[role]) ?? task;
}
