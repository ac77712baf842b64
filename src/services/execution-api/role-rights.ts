// Which connections and variables DAGs with a role may read.

export interface RoleRights {
  /** Beginnings of the ids that they may read; absent: all. */
  readonly connections?: readonly string[];
  /** Beginnings of the keys that they may read and set; absent: all. */
  readonly variables?: readonly string[];
}

const WORDS = { connections: "Connection", variables: "Variable" } as const;

/** Throws what a task with the role may not read, with what would allow it. */
export function mayRead(
  rights: Readonly<Record<string, RoleRights>>,
  asked: {
    readonly role: string | undefined;
    readonly kind: keyof RoleRights;
    readonly name: string;
  },
): void {
  const { role, kind, name } = asked;
  if (role === undefined) return;
  const allowed = rights[role]?.[kind];
  if (!allowed || allowed.some((beginning) => name.startsWith(beginning))) return;
  throw new Error(
    `${WORDS[kind]} "${name}" is not for DAGs with role "${role}"; add a beginning of its name to taskRoles.${role}.${kind} of the deployment`,
  );
}
