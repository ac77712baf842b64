// What a call to AWS needs in the caller's policy: actions on resources, read from the request as
// it goes over the wire (Service Authorization Reference).
import type { Call } from "../endpoints/endpoint-between.ts";

export interface Need {
  readonly action: string;
  readonly resource: string;
}

/** Of the deployment that is called. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Throws for a call that it doesn't know, so that none goes unseen. */
export function needsOf(call: Call, place: Place): readonly Need[] {
  switch (call.service) {
    case "dynamodb":
      return needsOfTable(call, place);
    case "sfn":
      return needsOfStates(call, place);
    case "lambda":
      return needsOfLambda(call, place);
    case "s3":
      return needsOfS3(call);
    case "scheduler":
      return needsOfScheduler(call, place);
    case "eventbridge":
      return needsOfEvents(call, place);
    case "ssm":
      return [
        {
          action: `ssm:${operationOf(call)}`,
          resource: arnOf("ssm", `parameter${textOf(json(call).Name)}`, place),
        },
      ];
    case "sns":
      return needsOfSns(call);
    case "sqs":
      return needsOfSqs(call, place);
    default:
      throw new Error(`A call that nobody has thought of: ${call.method} ${call.path}`);
  }
}

/** Of the JSON protocols: "AWSStepFunctions.StartExecution". */
function operationOf({ headers }: Call): string {
  return String(headers["x-amz-target"]).split(".").at(-1) ?? "";
}

function needsOfTable(call: Call, place: Place): readonly Need[] {
  const operation = operationOf(call);
  const fields = json(call);
  const table = (name: unknown) => arnOf("dynamodb", `table/${textOf(name)}`, place);
  const on = (action: string, resource: string): Need => ({
    action: `dynamodb:${action}`,
    resource,
  });
  if (operation === "TransactWriteItems") {
    const kinds = {
      Put: "PutItem",
      Update: "UpdateItem",
      Delete: "DeleteItem",
      ConditionCheck: "ConditionCheckItem",
    };
    return listOf(fields.TransactItems).flatMap((item) =>
      Object.entries(kinds).flatMap(([kind, action]) =>
        item[kind] === undefined ? [] : [on(action, table(fieldsOf(item[kind]).TableName))],
      ),
    );
  }
  if (operation === "BatchGetItem" || operation === "BatchWriteItem") {
    return Object.keys(fieldsOf(fields.RequestItems)).map((name) => on(operation, table(name)));
  }
  const index = fields.IndexName === undefined ? "" : `/index/${textOf(fields.IndexName)}`;
  return [on(operation, table(fields.TableName) + index)];
}

function needsOfStates(call: Call, place: Place): readonly Need[] {
  const operation = operationOf(call);
  const fields = json(call);
  const action = `states:${operation}`;
  if (operation === "CreateStateMachine") {
    const resource = arnOf("states", `stateMachine:${textOf(fields.name)}`, place);
    return [
      { action, resource },
      { action: "states:TagResource", resource },
      { action: "iam:PassRole", resource: textOf(fields.roleArn) },
    ];
  }
  // The token doesn't tell whose it is.
  if (operation === "SendTaskSuccess") return [{ action, resource: "" }];
  return [{ action, resource: textOf(fields.stateMachineArn ?? fields.executionArn) }];
}

function needsOfLambda(call: Call, place: Place): readonly Need[] {
  const [, name] = /\/functions\/([^/]+)\/invocations$/.exec(pathOf(call)) ?? [];
  if (name === undefined) throw new Error(`An unknown call of Lambda: ${call.path}`);
  const named = decodeURIComponent(name);
  const resource = named.startsWith("arn:") ? named : arnOf("lambda", `function:${named}`, place);
  return [{ action: "lambda:InvokeFunction", resource }];
}

function needsOfS3(call: Call): readonly Need[] {
  const { method } = call;
  const [bucket = "", ...rest] = pathOf(call).slice(1).split("/").map(decodeURIComponent);
  const key = rest.join("/");
  const resource = `arn:aws:s3:::${bucket}${key === "" ? "" : `/${key}`}`;
  if (key === "" && method === "POST") {
    return [...call.body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, each]) => ({
      action: "s3:DeleteObject",
      resource: `${resource}/${each}`,
    }));
  }
  const actions: Readonly<Record<string, string>> =
    key === ""
      ? { GET: "s3:ListBucket", HEAD: "s3:ListBucket" }
      : {
          GET: "s3:GetObject",
          HEAD: "s3:GetObject",
          PUT: "s3:PutObject",
          DELETE: "s3:DeleteObject",
        };
  const action = actions[method];
  if (action === undefined) throw new Error(`An unknown call of S3: ${method} ${call.path}`);
  return [{ action, resource }];
}

function needsOfScheduler(call: Call, place: Place): readonly Need[] {
  const { method } = call;
  const [, name] = /\/schedules\/([^/]+)$/.exec(pathOf(call)) ?? [];
  if (name === undefined) return [{ action: "scheduler:ListSchedules", resource: "*" }];
  const actions: Readonly<Record<string, string>> = {
    GET: "Get",
    POST: "Create",
    PUT: "Update",
    DELETE: "Delete",
  };
  const fields = call.body.length === 0 ? {} : json(call);
  const group = new URL(call.path, "http://x").searchParams.get("groupName") ?? fields.GroupName;
  const need = {
    action: `scheduler:${actions[method]}Schedule`,
    resource: arnOf("scheduler", `schedule/${textOf(group)}/${decodeURIComponent(name)}`, place),
  };
  if (fields.Target === undefined) return [need];
  return [need, { action: "iam:PassRole", resource: textOf(fieldsOf(fields.Target).RoleArn) }];
}

function needsOfEvents(call: Call, place: Place): readonly Need[] {
  const operation = operationOf(call);
  const { Name, Rule = Name } = json(call);
  const action = `events:${operation}`;
  if (operation === "ListRules") return [{ action, resource: "*" }];
  return [{ action, resource: arnOf("events", `rule/${textOf(Rule)}`, place) }];
}

function needsOfSns({ body }: Call): readonly Need[] {
  const fields = new URLSearchParams(body.toString());
  return [{ action: `sns:${fields.get("Action")}`, resource: fields.get("TopicArn") ?? "" }];
}

function needsOfSqs(call: Call, place: Place): readonly Need[] {
  const queue = textOf(json(call).QueueUrl).split("/").at(-1) ?? "";
  return [{ action: `sqs:${operationOf(call)}`, resource: arnOf("sqs", queue, place) }];
}

function arnOf(service: string, resource: string, { region, account }: Place): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

function pathOf({ path }: Call): string {
  return path.split("?")[0] ?? "";
}

function json({ body }: Call): Fields {
  return fieldsOf(JSON.parse(body.toString()));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function textOf(value: unknown): string {
  if (typeof value !== "string")
    throw new Error(`Text was expected in a call: ${JSON.stringify(value)}`);
  return value;
}
