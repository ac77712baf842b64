// The loops of calls that a template makes possible: who may call or send to whom, by the policies
// of roles, and what Lambda is called by, by event sources, subscriptions and notifications.
import type { Resource } from "./synthesized.ts";

/** By logical id: what a call of each function, queue, topic or bucket may lead to next. */
type Calls = ReadonlyMap<string, ReadonlySet<string>>;

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** What Lambda's detection follows: the actions, and the type of what they reach. */
const FOLLOWED: Readonly<Record<string, string>> = {
  "lambda:InvokeFunction": "AWS::Lambda::Function",
  "sqs:SendMessage": "AWS::SQS::Queue",
  "sns:Publish": "AWS::SNS::Topic",
  "s3:PutObject": "AWS::S3::Bucket",
};

/** Logical ids of the functions that a chain of calls may come back to. */
export function functionsInLoops(resources: ReadonlyMap<string, Resource>): ReadonlySet<string> {
  const calls = callsOf(resources);
  const found = new Set<string>();
  for (const [id, { Type }] of resources) {
    if (Type === "AWS::Lambda::Function" && reach(calls, id).has(id)) found.add(id);
  }
  return found;
}

function reach(calls: Calls, from: string): ReadonlySet<string> {
  const reached = new Set(calls.get(from));
  for (const id of reached) for (const next of calls.get(id) ?? []) reached.add(next);
  return reached;
}

function callsOf(resources: ReadonlyMap<string, Resource>): Calls {
  const calls = new Map<string, Set<string>>();
  const add = (from: string, to: string) => calls.set(from, (calls.get(from) ?? new Set()).add(to));
  const named = (value: unknown, type: string) => namedIn(value, { resources, type });
  for (const [id, { Type, Properties }] of resources) {
    if (Type === "AWS::IAM::Policy") {
      for (const target of targetsOf(Properties, resources)) {
        for (const caller of callersOf(Properties.Roles, resources)) add(caller, target);
      }
    } else if (Type === "AWS::Lambda::EventSourceMapping") {
      for (const from of named(Properties.EventSourceArn, "AWS::SQS::Queue")) {
        for (const to of named(Properties.FunctionName, "AWS::Lambda::Function")) add(from, to);
      }
    } else if (Type === "AWS::SNS::Subscription") {
      for (const from of named(Properties.TopicArn, "AWS::SNS::Topic")) {
        const { Endpoint } = Properties;
        const to = [
          ...named(Endpoint, "AWS::Lambda::Function"),
          ...named(Endpoint, "AWS::SQS::Queue"),
        ];
        for (const each of to) add(from, each);
      }
    } else if (Type === "AWS::S3::Bucket") {
      const { NotificationConfiguration: notified } = Properties;
      for (const type of ["AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::SNS::Topic"]) {
        for (const to of named(notified, type)) add(id, to);
      }
    }
  }
  return calls;
}

/** What the policy lets its roles call. */
function targetsOf(
  { PolicyDocument }: Resource["Properties"],
  resources: ReadonlyMap<string, Resource>,
): readonly string[] {
  const { Statement } = PolicyDocument as { readonly Statement: readonly Statement[] };
  const allowed = Statement.filter(({ Effect }) => Effect === "Allow");
  return allowed.flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) => {
      const type = FOLLOWED[action];
      return type === undefined ? [] : [...namedIn(Resource, { resources, type })];
    }),
  );
}

function callersOf(roles: unknown, resources: ReadonlyMap<string, Resource>): readonly string[] {
  const attached = namedIn(roles, { resources, type: "AWS::IAM::Role", isLoose: true });
  return [...resources].flatMap(([id, { Type, Properties }]) => {
    if (Type !== "AWS::Lambda::Function") return [];
    const own = namedIn(Properties.Role, { resources, type: "AWS::IAM::Role", isLoose: true });
    return [...own].some((role) => attached.has(role)) ? [id] : [];
  });
}

/**
 * Ids of the resources of a type that a value refers to, or names by the end of an ARN. `isLoose`
 * also takes references to what isn't in the template.
 */
function namedIn(
  value: unknown,
  {
    resources,
    type,
    isLoose = false,
  }: {
    readonly resources: ReadonlyMap<string, Resource>;
    readonly type: string;
    readonly isLoose?: boolean;
  },
): ReadonlySet<string> {
  const text = JSON.stringify(value) ?? "";
  const found = new Set<string>();
  for (const [, id = ""] of text.matchAll(/"(?:Ref|Fn::GetAtt)":\[?"([^"]+)"/g)) {
    if (resources.get(id)?.Type === type || (isLoose && !resources.has(id))) found.add(id);
  }
  for (const [id, { Type, Properties }] of resources) {
    const name = Properties.FunctionName ?? Properties.QueueName ?? Properties.TopicName;
    if (Type !== type || typeof name !== "string") continue;
    // A name stands at the end of an ARN, or of the last part that an ARN is joined of.
    if (text.includes(`:${name}"`) || text.includes(`"${name}"`)) found.add(id);
  }
  return found;
}
