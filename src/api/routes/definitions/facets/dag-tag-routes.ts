// /dagTags: the tags that DAGs have, each once.
import { type Operations, operation } from "../../../operation.ts";
import { PAGE } from "../../../requests/accepts.ts";
import { byPattern, type Filter, parametersOf, testsOf } from "../../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../../requests/listing.ts";
import { permittedDags } from "../permitted-dags.ts";

const FILTERS: readonly Filter<string>[] = [byPattern("tag_name", (tag) => tag)];
const ORDER: OrderKeys<string> = { name: (tag) => tag };

export const dagTagOperations: Operations = (context) => [
  operation("get_dag_tags", {
    permission: "GET dag",
    query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
    async handle({ query, c }) {
      const { versions } = context.services;
      const tags = new Set<string>();
      for (const { dagId, versionHash } of await permittedDags(
        context,
        c.var.principal,
        "GET dag",
      )) {
        for (const tag of (await versions.get(dagId, versionHash)).document.tags) tags.add(tag);
      }
      const tests = testsOf(FILTERS, query, context.platform.clock.now());
      const found = [...tags].filter((tag) => tests.every((test) => test(tag)));
      const order = { query, keys: ORDER, fallback: ["name"] };
      return { tags: cut(ordered(found, order), query.page()), total_entries: found.length };
    },
  }),
];
