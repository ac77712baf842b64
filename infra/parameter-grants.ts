// Who may read and make which of the deployment's parameters in SSM Parameter Store.
import { Stack } from "aws-cdk-lib";
import type * as iam from "aws-cdk-lib/aws-iam";
import type * as kms from "aws-cdk-lib/aws-kms";
import type { Names } from "./names.ts";
import { allow } from "./permissions.ts";

export interface ParameterParts {
  readonly names: Names;
  /** Encrypts parameters; AWS's own key does when absent. */
  readonly encryptionKey: kms.IKey | undefined;
}

/** The parameter with the keys of stored connections and variables. */
export const ENCRYPTION_KEYS = "encryption/keys";

/** The first one that stores a secret makes the key. None may replace it. */
export function makeEncryptionKeys(role: iam.Role, { names, encryptionKey }: ParameterParts): void {
  const resource = names.parameterArn(ENCRYPTION_KEYS);
  allow(role, {
    actions: ["ssm:PutParameter"],
    resources: [resource],
    conditions: { StringEquals: { "ssm:Overwrite": "false" } },
  });
  if (!encryptionKey) return;
  allow(role, {
    actions: ["kms:Encrypt"],
    resources: [encryptionKey.keyArn],
    conditions: ofParameters(role, [resource]),
  });
}

/** Parameter Store names the parameter that it has encrypted: the key serves no other one. */
function ofParameters(role: iam.Role, resources: readonly string[]) {
  const { region, urlSuffix } = Stack.of(role);
  return {
    StringEquals: { "kms:ViaService": `ssm.${region}.${urlSuffix}` },
    StringLike: { "kms:EncryptionContext:PARAMETER_ARN": resources },
  };
}

/** `paths` are below the deployment's own. */
export function readParameters(
  role: iam.Role,
  parts: ParameterParts,
  paths: readonly string[],
): void {
  const { names, encryptionKey } = parts;
  const resources = paths.map(names.parameterArn);
  const isOpen = paths.some((path) => path.endsWith("*"));
  const reason = "Users name their connections and variables";
  allow(role, { actions: ["ssm:GetParameter"], resources, ...(isOpen ? { reason } : {}) });
  if (!encryptionKey) return;
  allow(role, {
    actions: ["kms:Decrypt"],
    resources: [encryptionKey.keyArn],
    conditions: ofParameters(role, resources),
  });
}
