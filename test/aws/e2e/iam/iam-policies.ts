// What the roles of deployed functions allow, from the policies that CloudFormation has made of the
// template. Emulators don't enforce them, so tests ask.
import { GetRolePolicyCommand, IAMClient, paginateListRolePolicies } from "@aws-sdk/client-iam";
import type { Need } from "./iam-needs.ts";

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** Of the policies that stand in the role itself, which are all that the product has. */
export async function readStatements(roleArn: string): Promise<readonly Statement[]> {
  const client = new IAMClient();
  const RoleName = roleArn.split("/").at(-1) ?? "";
  const statements: Statement[] = [];
  for await (const { PolicyNames = [] } of paginateListRolePolicies({ client }, { RoleName })) {
    for (const PolicyName of PolicyNames) {
      const { PolicyDocument = "" } = await client.send(
        new GetRolePolicyCommand({ RoleName, PolicyName }),
      );
      statements.push(...JSON.parse(decodeURIComponent(PolicyDocument)).Statement);
    }
  }
  return statements;
}

/** A need without a resource is met by the action on any; the product denies nothing. */
export function isAllowed(statements: readonly Statement[], { action, resource }: Need): boolean {
  return statements.some(
    ({ Effect, Action, Resource }) =>
      Effect === "Allow" &&
      [Action].flat().some((pattern) => matches(pattern, action)) &&
      (resource === "" || [Resource].flat().some((pattern) => matches(pattern, resource))),
  );
}

/** IAM: "*" is any text, "?" any character. */
export function matches(pattern: string, text: string): boolean {
  const literal = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(text);
}
