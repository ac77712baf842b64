// The document of the operations that this API really has, with the query parameters that they
// really take. It is put together when somebody asks for it: that needs all of them.
import type { ApiContext } from "../../context.ts";
import type { Operation } from "../../operation.ts";
import { FILES } from "../../operation-files.ts";
import { type Part, partOf, reachable } from "../reachable.ts";
import { readDocument } from "../read-document.ts";
import { LOG_IN_PATHS } from "./log-in-paths.ts";

/** OpenAPI 3.1 as JSON text. */
export async function writeServedDocument(context: ApiContext): Promise<string> {
  const made = await Promise.all(FILES.map(async ({ load }) => (await load())(context)));
  const operations = new Map<string, Operation>(made.flat().map((each) => [each.id, each]));
  const document = readDocument();
  const paths = { ...LOG_IN_PATHS, ...servedPaths(partOf(document, "paths"), operations) };
  const components = partOf(document, "components");
  const schemas = reachable(paths, partOf(components, "schemas"));
  return JSON.stringify({
    ...document,
    info: {
      title: "Stepwind",
      version: context.version,
      description: "Airflow's REST API v2, as far as Stepwind has it, with what it adds.",
    },
    paths,
    components: { ...components, schemas },
  });
}

function servedPaths(paths: Part, operations: ReadonlyMap<string, Operation>): Part {
  const served = Object.entries(paths).flatMap(([path, methods]) => {
    const kept = Object.entries(methods as Part).flatMap(([method, part]) => {
      const operation = operations.get(String((part as Part).operationId));
      return operation ? [[method, withParameters(part as Part, operation)] as const] : [];
    });
    return kept.length === 0 ? [] : [[path, Object.fromEntries(kept)] as const];
  });
  return Object.fromEntries(served);
}

function withParameters(part: Part, { query }: Operation): Part {
  const { parameters } = part;
  if (!Array.isArray(parameters)) return part;
  const kept = parameters.filter(
    (each: { readonly in: string; readonly name: string }) =>
      each.in !== "query" || query.includes(each.name),
  );
  return { ...part, parameters: kept };
}
