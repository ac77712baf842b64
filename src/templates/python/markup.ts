// Texts that are marked as safe HTML, as MarkupSafe's: joined with another text they escapeValue
// that one.
import { repr, toText } from "./repr.ts";
import { PythonObject, type Value } from "./values.ts";

/** What `tojson`, `escape` and `safe` give. */
export class Markup extends PythonObject {
  readonly typeName = "Markup";
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  repr(): string {
    return `Markup(${repr(this.text)})`;
  }
  override toText(): string {
    return this.text;
  }
  override isTrue(): boolean {
    return this.text !== "";
  }
}

/** The text of a str, whether marked as safe or not; `undefined` for anything else. */
export function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Markup ? value.text : undefined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

/** The text with the characters of HTML escaped. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** The value as printed, escaped unless it is marked as safe. */
export function escapeValue(value: Value): Markup {
  return value instanceof Markup ? value : new Markup(escapeHtml(toText(value)));
}
