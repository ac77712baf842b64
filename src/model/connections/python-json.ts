// JSON text as Python's json.dumps writes it, which Airflow's files and addresses have.

/** With `indent`, one item a line. Everything beyond ASCII is escaped, as Python does. */
export function toPythonJson(value: unknown, indent = 0): string {
  return write(value, { step: " ".repeat(indent), margin: "\n" });
}

interface Layout {
  /** "" for everything in one line. */
  readonly step: string;
  readonly margin: string;
}

function write(value: unknown, layout: Layout): string {
  if (Array.isArray(value)) {
    const inner = deeper(layout);
    return enclose(
      "[]",
      value.map((item) => write(item ?? null, inner)),
      layout,
    );
  }
  if (typeof value === "object" && value !== null) {
    const inner = deeper(layout);
    const items = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => `${writeText(key)}: ${write(item, inner)}`);
    return enclose("{}", items, layout);
  }
  return typeof value === "string" ? writeText(value) : JSON.stringify(value ?? null);
}

function writeText(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function deeper({ step, margin }: Layout): Layout {
  return { step, margin: `${margin}${step}` };
}

function enclose(brackets: string, items: readonly string[], { step, margin }: Layout): string {
  const [open, close] = brackets;
  if (items.length === 0) return brackets;
  if (step === "") return `${open}${items.join(", ")}${close}`;
  const line = `${margin}${step}`;
  return `${open}${line}${items.join(`,${line}`)}${margin}${close}`;
}
