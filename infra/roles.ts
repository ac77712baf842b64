// Roles that AWS's own services take on: Step Functions to run DAGs, EventBridge Scheduler to fire
// schedules. Conditions keep both to the resources of this deployment.
import { Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { Names } from "./names.ts";

export interface EngineRoles {
  /** Taken on by the state machines of DAGs. */
  readonly stateMachineRole: iam.Role;
  /** Taken on by EventBridge Scheduler. */
  readonly scheduleRole: iam.Role;
}

export function createEngineRoles(scope: Construct, names: Names): EngineRoles {
  const { account } = Stack.of(scope);
  return {
    stateMachineRole: new iam.Role(scope, "StateMachineRole", {
      assumedBy: new iam.ServicePrincipal("states.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": account },
          ArnLike: {
            "aws:SourceArn": [`${names.stateMachineArnPrefix}*`, names.old.stateMachines],
          },
        },
      }),
      description: "State machines of DAGs",
    }),
    scheduleRole: new iam.Role(scope, "ScheduleRole", {
      assumedBy: new iam.ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: {
            "aws:SourceAccount": account,
            "aws:SourceArn": names.scheduleGroupArn,
          },
        },
      }),
      description: "Schedules of DAGs",
    }),
  };
}
