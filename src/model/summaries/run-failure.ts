// What made a run fail first: kept with the run when it ends.

export interface RunFailure {
  readonly taskId: string;
  readonly mapIndex: number;
  /** The first line of its message; absent where there is none. */
  readonly message?: string;
}
