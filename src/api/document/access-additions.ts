// Users, roles and tokens, as additions to Airflow's document: paths and shapes of users and roles
// are those of Airflow's FAB provider 3.10, tokens are our own.

type Part = Readonly<Record<string, unknown>>;

const TEXT: Part = { type: "string" };
const NAME: Part = { type: "string", minLength: 1 };
const MOMENT: Part = { anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] };
const COUNT: Part = { anyOf: [{ type: "integer" }, { type: "null" }] };
const SECRET: Part = { type: "string", format: "password", writeOnly: true };
const ref = (name: string): Part => ({ $ref: `#/components/schemas/${name}` });
const list = (name: string): Part => ({ type: "array", items: ref(name) });
const nullable = (schema: Part): Part => ({ anyOf: [schema, { type: "null" }] });

function object(properties: Part, { required = Object.keys(properties), isStrict = false } = {}) {
  return {
    type: "object",
    required,
    properties,
    ...(isStrict ? { additionalProperties: false } : {}),
  };
}

const USER = { username: NAME, email: NAME, first_name: NAME, last_name: NAME } as const;
const ROLES = nullable(list("FabRole"));

export const ACCESS_SCHEMAS: Readonly<Record<string, Part>> = {
  FabAction: object({ name: TEXT }),
  FabResource: object({ name: TEXT }),
  FabActionResource: object({ action: ref("FabAction"), resource: ref("FabResource") }),
  FabRole: object({ name: TEXT }),
  FabUserBody: object(
    { ...USER, roles: ROLES, password: SECRET },
    { required: [...Object.keys(USER), "password"], isStrict: true },
  ),
  FabUserPatchBody: object(
    {
      ...Object.fromEntries(Object.keys(USER).map((name) => [name, nullable(NAME)])),
      roles: ROLES,
      password: nullable(SECRET),
      active: { ...nullable({ type: "boolean" }), description: "Whether the user may log in." },
    },
    { required: [], isStrict: true },
  ),
  FabUserResponse: object(
    {
      username: TEXT,
      email: TEXT,
      first_name: TEXT,
      last_name: TEXT,
      roles: ROLES,
      active: nullable({ type: "boolean" }),
      last_login: MOMENT,
      login_count: COUNT,
      fail_login_count: COUNT,
      created_on: MOMENT,
      changed_on: MOMENT,
    },
    { required: Object.keys(USER) },
  ),
  FabUserCollectionResponse: object({
    users: list("FabUserResponse"),
    total_entries: { type: "integer" },
  }),
  FabRoleBody: object(
    { name: NAME, actions: list("FabActionResource") },
    { required: ["name"], isStrict: true },
  ),
  FabRoleResponse: object(
    { name: TEXT, actions: list("FabActionResource") },
    { required: ["name"] },
  ),
  FabRoleCollectionResponse: object({
    roles: list("FabRoleResponse"),
    total_entries: { type: "integer" },
  }),
  FabPermissionCollectionResponse: object(
    { actions: list("FabActionResource"), total_entries: { type: "integer" } },
    { required: ["total_entries"] },
  ),
  ApiTokenBody: object(
    {
      name: { ...NAME, maxLength: 250 },
      seconds: {
        ...nullable({ type: "integer", minimum: 60, maximum: 315_360_000 }),
        description: "For how long the token counts; without it, until it is revoked.",
      },
    },
    { required: ["name"], isStrict: true },
  ),
  ApiTokenResponse: object({
    id: TEXT,
    username: TEXT,
    name: TEXT,
    created_on: { type: "string", format: "date-time" },
    expires_on: MOMENT,
  }),
  NewApiTokenResponse: object({
    id: TEXT,
    username: TEXT,
    name: TEXT,
    created_on: { type: "string", format: "date-time" },
    expires_on: MOMENT,
    access_token: { type: "string", description: "The token, which is told this once." },
  }),
  ApiTokenCollectionResponse: object({
    api_tokens: list("ApiTokenResponse"),
    total_entries: { type: "integer" },
  }),
};

/** A success with the schema, and the refusals that an operation may answer. */
type Answers = (schema: string, refusals: readonly number[]) => Part;

/** Those of what is removed: no content. */
function nothing(answers: Answers, refusals: readonly number[]): Part {
  const { "200": _, ...refused } = answers("HTTPExceptionResponse", refusals);
  return { "204": { description: "Successful Response" }, ...refused };
}

export function accessPaths(answers: Answers): Readonly<Record<string, Part>> {
  const write = [400, 404, 409];
  return {
    "/auth/fab/v1/users": {
      get: operation("get_users", {
        parameters: listing("id"),
        responses: answers("FabUserCollectionResponse", [400]),
      }),
      post: operation("create_user", {
        body: "FabUserBody",
        responses: answers("FabUserResponse", [400, 409]),
      }),
    },
    "/auth/fab/v1/users/{username}": {
      get: operation("get_user", {
        parameters: [inPath("username")],
        responses: answers("FabUserResponse", [404]),
      }),
      patch: operation("update_user", {
        parameters: [inPath("username"), inQuery("update_mask", TEXT)],
        body: "FabUserPatchBody",
        responses: answers("FabUserResponse", write),
      }),
      delete: operation("delete_user", {
        parameters: [inPath("username")],
        responses: nothing(answers, [404, 409]),
      }),
    },
    "/auth/fab/v1/roles": {
      get: operation("get_roles", {
        parameters: listing("name"),
        responses: answers("FabRoleCollectionResponse", [400]),
      }),
      post: operation("create_role", {
        body: "FabRoleBody",
        responses: answers("FabRoleResponse", [400, 409]),
      }),
    },
    "/auth/fab/v1/roles/{name}": {
      get: operation("get_role", {
        parameters: [inPath("name")],
        responses: answers("FabRoleResponse", [404]),
      }),
      patch: operation("patch_role", {
        parameters: [inPath("name"), inQuery("update_mask", TEXT)],
        body: "FabRoleBody",
        responses: answers("FabRoleResponse", write),
      }),
      delete: operation("delete_role", {
        parameters: [inPath("name")],
        responses: nothing(answers, [404, 409]),
      }),
    },
    "/auth/fab/v1/permissions": {
      get: operation("get_permissions", {
        parameters: listing("id"),
        responses: answers("FabPermissionCollectionResponse", [400]),
      }),
    },
    ...tokenPaths(answers),
  };
}

/** "~" in place of a user's name is whoever asks. */
function tokenPaths(answers: Answers): Readonly<Record<string, Part>> {
  return {
    "/auth/users/{username}/tokens": {
      get: operation("get_api_tokens", {
        parameters: [inPath("username")],
        responses: answers("ApiTokenCollectionResponse", [404]),
      }),
      post: operation("create_api_token", {
        parameters: [inPath("username")],
        body: "ApiTokenBody",
        responses: answers("NewApiTokenResponse", [404, 409]),
      }),
      delete: operation("revoke_user_tokens", {
        parameters: [inPath("username")],
        responses: nothing(answers, [404, 409]),
      }),
    },
    "/auth/users/{username}/tokens/{token_id}": {
      delete: operation("revoke_api_token", {
        parameters: [inPath("username"), inPath("token_id")],
        responses: nothing(answers, [404]),
      }),
    },
  };
}

function operation(
  operationId: string,
  {
    parameters = [],
    body,
    responses,
  }: { readonly parameters?: readonly Part[]; readonly body?: string; readonly responses: Part },
): Part {
  return {
    tags: [
      operationId.endsWith("tokens") || operationId.endsWith("token") ? "Tokens" : "FabAuthManager",
    ],
    operationId,
    security: [{ OAuth2PasswordBearer: [] }, { HTTPBearer: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? { requestBody: { required: true, content: { "application/json": { schema: ref(body) } } } }
      : {}),
    responses,
  };
}

const inPath = (name: string): Part => ({ name, in: "path", required: true, schema: NAME });
const inQuery = (name: string, schema: Part): Part => ({ name, in: "query", schema });

function listing(order: string): readonly Part[] {
  return [
    inQuery("order_by", { type: "string", default: order }),
    inQuery("limit", { type: "integer", minimum: 0, default: 50 }),
    inQuery("offset", { type: "integer", minimum: 0, default: 0 }),
  ];
}
