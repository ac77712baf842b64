// Where stepwind push uploads to: found by the deployment's name.
import { DeploymentNotFound, findDeployment } from "./deployment.ts";

export interface Target {
  /** Where a deployment keeps DAG files. */
  readonly bucket: string;
  /** The table with the results of their import. */
  readonly tableName?: string;
}

/** Throws DeploymentNotFound. */
export async function findTarget(stack: string): Promise<Target> {
  const { environment } = await findDeployment(stack);
  const { STEPWIND_DAGS_BUCKET: bucket, STEPWIND_TABLE: tableName } = environment;
  if (bucket === undefined || tableName === undefined) {
    throw new DeploymentNotFound(
      `The functions of stack "${stack}" name no bucket of DAG files`,
      `Look at it with: stepwind doctor --stack ${stack}`,
    );
  }
  return { bucket, tableName };
}
