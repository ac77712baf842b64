// The settings of a deployment, as the API shows them to whoever may see its configuration.

export interface Setting {
  /** Airflow's section and option where it has the same setting. */
  readonly section: string;
  readonly option: string;
  readonly value: string;
  /** It is shown as "< hidden >". */
  readonly isSensitive?: boolean;
}
