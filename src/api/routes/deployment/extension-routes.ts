// /plugins and /providers: Stepwind has neither, so they answer as an Airflow without any.
import { type Operations, operation } from "../../operation.ts";
import { PAGE } from "../../requests/accepts.ts";

export const extensionOperations: Operations = () => [
  operation("get_plugins", {
    permission: "GET plugins",
    query: PAGE,
    async handle({ query }) {
      query.page();
      return { plugins: [], total_entries: 0 };
    },
  }),

  operation("import_errors", {
    permission: "GET plugins",
    handle: async () => ({ import_errors: [], total_entries: 0 }),
  }),

  operation("get_providers", {
    permission: "GET providers",
    query: PAGE,
    async handle({ query }) {
      query.page();
      return { providers: [], total_entries: 0 };
    },
  }),
];
