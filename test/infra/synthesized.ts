// The deployment as its template, over code that stands in for the built functions' where they
// aren't built.
import { App, type Environment, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { Stepwind, type StepwindProps } from "../../infra/stepwind.ts";

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Synthesized {
  readonly template: Template;
  readonly construct: Stepwind;
  readonly resources: ReadonlyMap<string, Resource>;
  /** Of one type, by logical id. */
  ofType(type: string): readonly (readonly [string, Resource])[];
  /** What cdk-nag's AwsSolutions rules found. */
  readonly findings: readonly string[];
}

export function synthesize(
  props: StepwindProps | ((stack: Stack) => StepwindProps) = {},
  env: Environment = {},
): Synthesized {
  const app = new App();
  const stack = new Stack(app, "Stepwind", { env });
  const construct = new Stepwind(
    stack,
    "Default",
    typeof props === "function" ? props(stack) : props,
  );
  const template = Template.fromStack(stack);
  const resources = new Map<string, Resource>(Object.entries(template.toJSON().Resources));
  return {
    template,
    construct,
    resources,
    ofType: (type) => [...resources].filter(([, resource]) => resource.Type === type),
    findings: new AwsSolutionsChecks(app)
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ resourceLogicalId }) => `${ruleName} ${resourceLogicalId}`),
      ),
  };
}
