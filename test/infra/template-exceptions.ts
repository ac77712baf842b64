// What cfn-lint and checkov find in the template and what stays as it is, each with its reason.
// Exceptions from the rules of cdk-nag are in infra/, with the resource that they are about.

export interface TemplateException {
  /** Of cfn-lint (W…, E…) or checkov (CKV_…). */
  readonly rule: string;
  /** Fits the logical ids of the resources that it holds for; all when absent. */
  readonly resources?: RegExp;
  readonly reason: string;
}

export const TEMPLATE_EXCEPTIONS: readonly TemplateException[] = [
  {
    rule: "W3005",
    resources: /Function[0-9A-F]{8}$/,
    reason:
      "The CDK makes each function wait for its role and its policy; saying it twice does no harm",
  },
  {
    rule: "CKV_AWS_119",
    reason:
      "AWS's own key encrypts the table: a customer's costs by the request, and every read is one",
  },
  {
    rule: "CKV_AWS_18",
    reason:
      "Access logs need a third bucket; CloudTrail's data events say the same where it is asked",
  },
  {
    rule: "CKV_AWS_27",
    reason: "Every queue is encrypted by SQS's own keys, which this rule doesn't know",
  },
  {
    rule: "CKV_AWS_158",
    reason:
      "CloudWatch encrypts log groups by keys of its own; secrets are masked before they get there",
  },
  {
    rule: "CKV_AWS_173",
    reason:
      "Lambda encrypts the environment by its own key; it holds names of resources and no secrets",
  },
  {
    rule: "CKV_AWS_117",
    reason:
      "Functions call nothing but AWS's public endpoints; worker and loader get a VPC by prop",
  },
  {
    rule: "CKV_AWS_115",
    reason: "Reserved concurrency takes from the whole account, so its owner chooses it, by props",
  },
  {
    rule: "CKV_AWS_116",
    resources: /^(dagloader|triggerer|apiserver|executionapi)Function/,
    reason: "Nobody calls it asynchronously: its callers get the failure",
  },
  {
    rule: "CKV_AWS_116",
    resources: /^task/i,
    reason:
      "The code of DAGs would have to be allowed to write to the queue; the triggerer finds pokes that were lost",
  },
  {
    rule: "CKV_AWS_111",
    resources: /^(dagloader|worker|task.*)RoleDefaultPolicy/i,
    reason:
      "Lambda makes network interfaces in a VPC, which have no names before; the functions' code is denied that",
  },
  {
    rule: "CKV_AWS_258",
    reason:
      "Airflow's clients sign no requests; the API asks for a token, and limits failed log-ins",
  },
];
