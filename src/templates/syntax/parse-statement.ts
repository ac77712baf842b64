// Parses a template into its tree: text, "{{ … }}" and the statements of Jinja2 with the `do` that
// Airflow adds.
import { UnsupportedTagError } from "../python/errors.ts";
import type { Body, Expression, FilterCall, Parameter, Statement } from "./nodes.ts";
import { parseExpression, parseFilterCall, parseTuple } from "./parse-expression.ts";
import { parseTarget } from "./parse-target.ts";
import { TokenStream } from "./token-stream.ts";

/** The tree of a template. Throws TemplateSyntaxError. */
export function parseTemplate(source: string): Body {
  const stream = new TokenStream(source);
  const body = parseUntil(stream, []);
  if (stream.current.type !== "end") throw stream.unexpected("the end of the template");
  return body;
}

/**
 * Statements up to a tag with one of the names, whose name is the next token; without names up to
 * the end.
 */
function parseUntil(stream: TokenStream, ends: readonly string[]): Body {
  const body: Statement[] = [];
  for (;;) {
    const { type, text } = stream.current;
    if (type === "data") {
      stream.next();
      body.push({ kind: "text", text });
    } else if (type === "variable-begin") {
      stream.next();
      body.push({ kind: "print", value: parseTuple(stream) });
      stream.expectEnd("variable-end");
    } else if (type === "block-begin") {
      stream.next();
      if (stream.isName(...ends)) return body;
      body.push(...parseStatement(stream));
      stream.expectEnd("block-end");
    } else if (ends.length > 0) {
      throw stream.failure(`no ${ends.map((end) => `"{% ${end} %}"`).join(" or ")}`);
    } else return body;
  }
}

/**
 * The body of a statement whose tag ends here, up to one of the tags, whose name is the next token.
 */
function parseBody(stream: TokenStream, ...ends: readonly string[]): Body {
  stream.skipOperator(":");
  stream.expectEnd("block-end");
  return parseUntil(stream, ends);
}

/** Like `parseBody`, with the name of the end tag read. */
function parseWholeBody(stream: TokenStream, end: string): Body {
  const body = parseBody(stream, end);
  stream.expectKeyword(end);
  return body;
}

const STATEMENTS: Readonly<Record<string, (stream: TokenStream) => Statement | Statement[]>> = {
  if: parseIf,
  for: parseFor,
  set: parseSet,
  with: parseWith,
  macro: parseMacro,
  call: parseCallBlock,
  filter: parseFilterBlock,
  print: parsePrint,
  block: parseBlock,
  do: (stream) => ({ kind: "do", value: parseTuple(stream) }),
};
/** Statements of Jinja2 that have nothing to work on here. */
const OTHER_TEMPLATES: ReadonlySet<string> = new Set(["include", "import", "from", "extends"]);

function parseStatement(stream: TokenStream): Statement[] {
  const name = stream.expectName();
  if (OTHER_TEMPLATES.has(name)) {
    throw new UnsupportedTagError(`uses ${name}, and there are no other templates`);
  }
  if (name === "autoescape") {
    throw new UnsupportedTagError('uses autoescape, which templates do not have; use "| escape"');
  }
  const parse = Object.hasOwn(STATEMENTS, name) ? STATEMENTS[name] : undefined;
  if (!parse) throw stream.failure(`unknown tag "${name}"`);
  return [parse(stream)].flat();
}

function parseIf(stream: TokenStream): Statement {
  const branches: { test: Expression; body: Body }[] = [];
  do {
    const test = parseTuple(stream, { withCondition: false });
    branches.push({ test, body: parseBody(stream, "elif", "else", "endif") });
  } while (stream.skipName("elif"));
  const otherwise = stream.skipName("else") ? parseBody(stream, "endif") : [];
  stream.expectKeyword("endif");
  return { kind: "if", branches, otherwise };
}

function parseFor(stream: TokenStream): Statement {
  const target = parseTarget(stream, { until: "in" });
  stream.expectKeyword("in");
  const over = parseTuple(stream, { withCondition: false, until: "recursive" });
  const test = stream.skipName("if") ? parseExpression(stream) : undefined;
  const isRecursive = stream.skipName("recursive");
  const body = parseBody(stream, "endfor", "else");
  const otherwise = stream.skipName("else") ? parseBody(stream, "endfor") : [];
  stream.expectKeyword("endfor");
  return { kind: "for", target, over, ...(test ? { test } : {}), isRecursive, body, otherwise };
}

function parseSet(stream: TokenStream): Statement {
  const target = parseTarget(stream, { withNamespace: true });
  if (stream.skipOperator("=")) return { kind: "set", target, value: parseTuple(stream) };
  const filters = parseFilters(stream);
  return { kind: "set-block", target, filters, body: parseWholeBody(stream, "endset") };
}

function parseFilters(stream: TokenStream): FilterCall[] {
  const filters: FilterCall[] = [];
  while (stream.skipOperator("|")) filters.push(parseFilterCall(stream));
  return filters;
}

function parseWith(stream: TokenStream): Statement {
  const assignments: (Statement & { kind: "with" })["assignments"][number][] = [];
  while (stream.current.type !== "block-end") {
    if (assignments.length > 0) stream.expectOperator(",");
    const target = { kind: "name", name: stream.expectName() } as const;
    stream.expectOperator("=");
    assignments.push({ target, value: parseExpression(stream) });
  }
  return { kind: "with", assignments, body: parseWholeBody(stream, "endwith") };
}

function parseMacro(stream: TokenStream): Statement {
  const name = stream.expectName();
  const parameters = parseParameters(stream);
  return { kind: "macro", name, parameters, body: parseWholeBody(stream, "endmacro") };
}

function parseParameters(stream: TokenStream): readonly Parameter[] {
  const parameters: Parameter[] = [];
  stream.expectOperator("(");
  while (!stream.skipOperator(")")) {
    if (parameters.length > 0) stream.expectOperator(",");
    const name = stream.expectName();
    const fallback = stream.skipOperator("=") ? parseExpression(stream) : undefined;
    if (!fallback && parameters.at(-1)?.fallback) {
      throw stream.failure(`"${name}" needs a default, as the argument before it has one,`);
    }
    parameters.push({ name, ...(fallback ? { fallback } : {}) });
  }
  return parameters;
}

function parseCallBlock(stream: TokenStream): Statement {
  const parameters = stream.isOperator("(") ? parseParameters(stream) : [];
  const call = parseExpression(stream);
  if (call.kind !== "call") throw stream.unexpected("the call of a macro");
  return { kind: "call-block", parameters, call, body: parseWholeBody(stream, "endcall") };
}

function parseFilterBlock(stream: TokenStream): Statement {
  const filters = [parseFilterCall(stream), ...parseFilters(stream)];
  return { kind: "filter-block", filters, body: parseWholeBody(stream, "endfilter") };
}

function parsePrint(stream: TokenStream): Statement[] {
  const printed: Statement[] = [];
  while (stream.current.type !== "block-end") {
    if (printed.length > 0) stream.expectOperator(",");
    printed.push({ kind: "print", value: parseExpression(stream) });
  }
  return printed;
}

function parseBlock(stream: TokenStream): Statement {
  const name = stream.expectName();
  stream.skipName("scoped");
  const body = parseWholeBody(stream, "endblock");
  stream.skipName(name);
  return { kind: "block", name, body };
}
