// Parses expressions with the precedence of Jinja2's parser, which isn't quite Python's: `**` and
// unary minus bind from the left, `~` binds tighter than `+`, filters and tests bind tighter than
// all of these.
import type {
  BinaryOperator,
  CallArguments,
  CompareOperator,
  Expression,
  FilterCall,
  SliceExpression,
} from "./nodes.ts";
import type { TokenStream } from "./token-stream.ts";

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
/** Names that are values. */
export const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

export function parseExpression(stream: TokenStream, withCondition = true): Expression {
  return withCondition ? parseCondition(stream) : parseOr(stream);
}

/** Expressions with commas between them are a tuple; a single one without a comma is itself. */
export function parseTuple(
  stream: TokenStream,
  options: {
    readonly withCondition?: boolean;
    readonly isParenthesized?: boolean;
    /** A name that ends the tuple. */
    readonly until?: string;
  } = {},
): Expression {
  const items: Expression[] = [];
  let isTuple = false;
  while (!isTupleEnd(stream, options.until)) {
    items.push(parseExpression(stream, options.withCondition ?? true));
    if (!stream.skipOperator(",")) break;
    isTuple = true;
  }
  const [first] = items;
  if (!isTuple && first) return first;
  if (!isTuple && !options.isParenthesized) throw stream.unexpected("an expression");
  return { kind: "tuple", items };
}

/** Whether a tuple without parentheses ends here. */
export function isTupleEnd(stream: TokenStream, until: string | undefined): boolean {
  const { type } = stream.current;
  if (type === "variable-end" || type === "block-end" || stream.isOperator(")")) return true;
  return until !== undefined && stream.isName(until);
}

function parseCondition(stream: TokenStream): Expression {
  let node = parseOr(stream);
  while (stream.skipName("if")) {
    const test = parseOr(stream);
    const otherwise = stream.skipName("else") ? parseCondition(stream) : undefined;
    node = { kind: "condition", test, whenTrue: node, ...(otherwise ? { otherwise } : {}) };
  }
  return node;
}

function parseOr(stream: TokenStream): Expression {
  let left = parseAnd(stream);
  while (stream.skipName("or")) left = { kind: "or", left, right: parseAnd(stream) };
  return left;
}

function parseAnd(stream: TokenStream): Expression {
  let left = parseNot(stream);
  while (stream.skipName("and")) left = { kind: "and", left, right: parseNot(stream) };
  return left;
}

function parseNot(stream: TokenStream): Expression {
  if (stream.skipName("not")) return { kind: "not", operand: parseNot(stream) };
  return parseCompare(stream);
}

function parseCompare(stream: TokenStream): Expression {
  const first = parseSum(stream);
  const rest: { operator: CompareOperator; operand: Expression }[] = [];
  let operator = readComparison(stream);
  while (operator) {
    rest.push({ operator, operand: parseSum(stream) });
    operator = readComparison(stream);
  }
  return rest.length === 0 ? first : { kind: "compare", first, rest };
}

function readComparison(stream: TokenStream): CompareOperator | undefined {
  const { type, text } = stream.current;
  if (type === "operator" && COMPARISONS.has(text)) return stream.next().text as CompareOperator;
  if (stream.skipName("in")) return "in";
  const { following } = stream;
  if (!stream.isName("not") || following.type !== "name" || following.text !== "in") {
    return undefined;
  }
  stream.next();
  stream.next();
  return "not in";
}

function parseBinary(
  stream: TokenStream,
  operators: readonly BinaryOperator[],
  parseOperand: (stream: TokenStream) => Expression,
): Expression {
  let left = parseOperand(stream);
  while (stream.isOperator(...operators)) {
    const operator = stream.next().text as BinaryOperator;
    left = { kind: "binary", operator, left, right: parseOperand(stream) };
  }
  return left;
}

function parseSum(stream: TokenStream): Expression {
  return parseBinary(stream, ["+", "-"], parseConcat);
}

function parseConcat(stream: TokenStream): Expression {
  const first = parseProduct(stream);
  const parts = [first];
  while (stream.skipOperator("~")) parts.push(parseProduct(stream));
  return parts.length === 1 ? first : { kind: "concat", parts };
}

function parseProduct(stream: TokenStream): Expression {
  return parseBinary(stream, ["*", "/", "//", "%"], parsePower);
}

function parsePower(stream: TokenStream): Expression {
  return parseBinary(stream, ["**"], (from) => parseUnary(from));
}

function parseUnary(stream: TokenStream, withFilters = true): Expression {
  let node: Expression;
  if (stream.skipOperator("-")) node = { kind: "negate", operand: parseUnary(stream, false) };
  else if (stream.skipOperator("+")) node = { kind: "plus", operand: parseUnary(stream, false) };
  else node = parsePrimary(stream);
  node = parsePostfix(stream, node);
  return withFilters ? parseFiltersAndTests(stream, node) : node;
}

function parsePrimary(stream: TokenStream): Expression {
  const { type, text } = stream.current;
  switch (type) {
    case "name": {
      stream.next();
      const constant = CONSTANTS.get(text);
      return constant === undefined
        ? { kind: "name", name: text }
        : { kind: "constant", value: constant };
    }
    case "string": {
      let value = "";
      while (stream.current.type === "string") value += stream.next().text;
      return { kind: "constant", value };
    }
    case "integer":
      stream.next();
      return { kind: "constant", value: BigInt(text.replaceAll("_", "").replace(/^0+(?=0)/, "")) };
    case "float":
      stream.next();
      return { kind: "constant", value: Number(text.replaceAll("_", "")) };
    default:
      return parseBracketed(stream);
  }
}

function parseBracketed(stream: TokenStream): Expression {
  if (stream.skipOperator("(")) {
    const inner = parseTuple(stream, { isParenthesized: true });
    stream.expectOperator(")");
    return inner;
  }
  if (stream.skipOperator("[")) {
    return { kind: "list", items: parseItems(stream, "]", parseExpression) };
  }
  if (stream.skipOperator("{")) {
    const pairs = parseItems(stream, "}", (from): readonly [Expression, Expression] => {
      const key = parseExpression(from);
      from.expectOperator(":");
      return [key, parseExpression(from)];
    });
    return { kind: "dict", pairs };
  }
  throw stream.unexpected("an expression");
}

/** Items with commas between them, up to the closing bracket; a comma may follow the last. */
function parseItems<Item>(
  stream: TokenStream,
  close: string,
  parseItem: (stream: TokenStream) => Item,
): readonly Item[] {
  const items: Item[] = [];
  while (!stream.skipOperator(close)) {
    if (items.length > 0) {
      stream.expectOperator(",");
      if (stream.skipOperator(close)) break;
    }
    items.push(parseItem(stream));
  }
  return items;
}

function parsePostfix(stream: TokenStream, node: Expression): Expression {
  let target = node;
  for (;;) {
    if (stream.skipOperator(".")) target = parseMember(stream, target);
    else if (stream.skipOperator("[")) {
      const keys = parseItems(stream, "]", parseSubscript);
      const [first] = keys;
      const key = keys.length === 1 && first ? first : ({ kind: "tuple", items: keys } as const);
      target = { kind: "item", target, key };
    } else if (stream.isOperator("(")) target = parseCall(stream, target);
    else return target;
  }
}

function parseMember(stream: TokenStream, target: Expression): Expression {
  const { type, text } = stream.current;
  if (type === "name") return { kind: "attribute", target, name: stream.next().text };
  if (type !== "integer") throw stream.unexpected("a name or number");
  stream.next();
  return { kind: "item", target, key: { kind: "constant", value: BigInt(text) } };
}

function parseSubscript(stream: TokenStream): Expression {
  const start = stream.isOperator(":") ? undefined : parseExpression(stream);
  if (start && !stream.isOperator(":")) return start;
  stream.expectOperator(":");
  const stop = parseSliceEnd(stream);
  const step = stream.skipOperator(":") ? parseSliceEnd(stream) : undefined;
  const slice: SliceExpression = {
    kind: "slice",
    ...(start ? { start } : {}),
    ...(stop ? { stop } : {}),
    ...(step ? { step } : {}),
  };
  return slice;
}

function parseSliceEnd(stream: TokenStream): Expression | undefined {
  return stream.isOperator(":", "]", ",") ? undefined : parseExpression(stream);
}

function parseCall(stream: TokenStream, callee: Expression): Expression {
  return { kind: "call", callee, args: parseArguments(stream) };
}

function parseArguments(stream: TokenStream): CallArguments {
  stream.expectOperator("(");
  const positional: Expression[] = [];
  const named: { name: string; value: Expression }[] = [];
  let spread: Expression | undefined;
  let spreadNamed: Expression | undefined;
  parseItems(stream, ")", () => {
    const isNamed =
      stream.current.type === "name" &&
      stream.following.type === "operator" &&
      stream.following.text === "=";
    const isLate =
      spreadNamed !== undefined || (!isNamed && !stream.isOperator("**") && spread !== undefined);
    if (isLate) throw stream.failure("bad order of arguments in a call");
    if (stream.skipOperator("*")) spread = parseExpression(stream);
    else if (stream.skipOperator("**")) spreadNamed = parseExpression(stream);
    else if (isNamed) {
      const name = stream.next().text;
      stream.next();
      named.push({ name, value: parseExpression(stream) });
    } else if (named.length > 0) {
      throw stream.failure("a positional argument follows one with a name");
    } else positional.push(parseExpression(stream));
  });
  return {
    positional,
    named,
    ...(spread ? { spread } : {}),
    ...(spreadNamed ? { spreadNamed } : {}),
  };
}

function parseFiltersAndTests(stream: TokenStream, node: Expression): Expression {
  let target = node;
  for (;;) {
    if (stream.skipOperator("|")) {
      target = { kind: "filter", target, filter: parseFilterCall(stream) };
    } else if (stream.skipName("is")) target = parseTest(stream, target);
    else if (stream.isOperator("(")) target = parseCall(stream, target);
    else return target;
  }
}

const NO_ARGUMENTS: CallArguments = { positional: [], named: [] };

/** A filter's name and arguments, behind the "|". */
export function parseFilterCall(stream: TokenStream): FilterCall {
  const name = parseDottedName(stream);
  return { name, args: stream.isOperator("(") ? parseArguments(stream) : NO_ARGUMENTS };
}

function parseDottedName(stream: TokenStream): string {
  let name = stream.expectName();
  while (stream.skipOperator(".")) name += `.${stream.expectName()}`;
  return name;
}

function parseTest(stream: TokenStream, target: Expression): Expression {
  const isNegated = stream.skipName("not");
  const name = parseDottedName(stream);
  const test = { name, args: parseTestArguments(stream) };
  const node: Expression = { kind: "test", target, test };
  return isNegated ? { kind: "not", operand: node } : node;
}

/** One argument may stand without parentheses: `n is divisibleby 3`. */
function parseTestArguments(stream: TokenStream): CallArguments {
  if (stream.isOperator("(")) return parseArguments(stream);
  const { type } = stream.current;
  const isOperand = ["name", "string", "integer", "float"].includes(type);
  if (stream.isName("else", "or", "and") || !(isOperand || stream.isOperator("[", "{"))) {
    return NO_ARGUMENTS;
  }
  if (stream.isName("is")) throw stream.failure('tests can\'t be chained with "is"');
  return { positional: [parsePostfix(stream, parsePrimary(stream))], named: [] };
}
