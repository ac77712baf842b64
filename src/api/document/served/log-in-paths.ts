// How a client logs in, which Airflow's document leaves to its auth manager. Where the API is on
// this machine alone, these paths are not there.

const CREDENTIALS = {
  type: "object",
  required: ["username", "password"],
  properties: { username: { type: "string" }, password: { type: "string" } },
};
const TOKEN = {
  type: "object",
  required: ["access_token"],
  properties: { access_token: { type: "string" } },
};
const json = (schema: object) => ({ "application/json": { schema } });

export const LOG_IN_PATHS = {
  "/auth/token": {
    post: {
      tags: ["Login"],
      summary: "Create Token",
      operationId: "create_token",
      requestBody: { required: true, content: json(CREDENTIALS) },
      responses: {
        "201": {
          description: "A token for the header `Authorization: Bearer`",
          content: json(TOKEN),
        },
        "401": { description: "Unauthorized" },
        "422": { description: "Validation Error" },
        "429": { description: "Too many log-ins have failed" },
      },
    },
  },
} as const;
