// Permissions of roles, each on named resources. Where a wildcard can't be avoided it comes with
// its reason, in the form that cdk-nag reads.
import { Stack, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type { IConstruct } from "constructs";

export interface Permission {
  readonly actions: readonly string[];
  /** ARNs. */
  readonly resources: readonly string[];
  /** Why a wildcard in the resources is needed. */
  readonly reason?: string;
  /** As in IAM's policies: `{ StringEquals: { "kms:ViaService": … } }`. */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Adds the permission to the role's policy. */
export function allow(
  role: iam.Role,
  { actions, resources, reason, conditions }: Permission,
): void {
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: [...actions],
      resources: [...resources],
      ...(conditions ? { conditions } : {}),
    }),
  );
  if (reason !== undefined) explain(role, resources, reason);
}

/** Writes down why permissions of the role have these resources with a wildcard. */
export function explain(role: iam.Role, resources: readonly string[], reason: string): void {
  for (const resource of resources) {
    const told = flatten(Stack.of(role).resolve(resource));
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${told}]`, reason });
  }
}

/** Writes down why a rule of cdk-nag doesn't hold below the construct. */
export function except(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/**
 * A resolved ARN as cdk-nag writes it: what is known only to CloudFormation is in angle
 * brackets.
 */
function flatten(resolved: unknown): string {
  if (typeof resolved !== "object" || resolved === null) return String(resolved);
  const [[kind, value] = ["", ""]] = Object.entries(resolved);
  if (kind === "Ref") return `<${String(value)}>`;
  if (kind === "Fn::GetAtt" && Array.isArray(value)) return `<${value.join(".")}>`;
  if (kind === "Fn::Join" && Array.isArray(value) && Array.isArray(value[1])) {
    return value[1].map(flatten).join(String(value[0]));
  }
  throw new Error(`A permission can't name ${JSON.stringify(resolved)}`);
}
