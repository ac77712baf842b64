// The page that shows the document: its operations with their parameters, bodies and answers. It
// needs nothing from elsewhere.
import { createHash } from "node:crypto";

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
details { border: 1px solid #ccc; border-radius: 4px; margin: .3rem 0; padding: .3rem .6rem; }
summary { cursor: pointer; }
code, pre { font: 13px/1.4 ui-monospace, monospace; }
pre { background: #f4f4f4; overflow-x: auto; padding: .5rem; }
table { border-collapse: collapse; }
td, th { border-bottom: 1px solid #ddd; padding: .1rem .8rem .1rem 0; text-align: left; }
.method { display: inline-block; font-weight: bold; min-width: 4rem; text-transform: uppercase; }
#filter { font: inherit; padding: .3rem; width: 100%; }
`;

const SCRIPT = `
const make = (name, text, ...children) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};
const nameOf = (ref) => ref.split("/").at(-1);
const typeOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return nameOf(schema.$ref);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.type === "array") return typeOf(schema.items) + "[]";
  return [schema.type ?? "any", schema.format].filter(Boolean).join(": ");
};
const refsIn = (value, found = new Set()) => {
  if (typeof value !== "object" || value === null) return found;
  if (typeof value.$ref === "string") found.add(nameOf(value.$ref));
  for (const inner of Object.values(value)) refsIn(inner, found);
  return found;
};
const showParameters = (parameters) => {
  const table = make("table");
  for (const { name, in: place, required, schema, description } of parameters) {
    table.append(make("tr", "",
      make("td", "", make("code", name + (required ? " *" : ""))), make("td", place),
      make("td", "", make("code", typeOf(schema))), make("td", description ?? "")));
  }
  return table;
};
const showContent = (title, content, schemas) => {
  const parts = [];
  for (const [type, { schema }] of Object.entries(content ?? {})) {
    parts.push(make("p", title + ", " + type + ": " + typeOf(schema)));
    for (const name of refsIn(schema)) {
      if (!schemas[name]) continue;
      const details = make("details", "", make("summary", name));
      details.append(make("pre", JSON.stringify(schemas[name], null, 2)));
      parts.push(details);
    }
  }
  return parts;
};
const showOperation = (method, path, operation, schemas) => {
  const verb = make("span", method);
  verb.className = "method";
  const summary = make("summary", "", verb, make("code", path), " " + (operation.summary ?? ""));
  const details = make("details", "", summary);
  details.dataset.text = [method, path, operation.operationId, operation.summary].join(" ").toLowerCase();
  details.addEventListener("toggle", () => {
    if (!details.open || details.dataset.shown) return;
    details.dataset.shown = "yes";
    details.append(make("p", operation.description ?? ""), make("p", "", make("code", operation.operationId)));
    if (operation.parameters?.length) details.append(showParameters(operation.parameters));
    details.append(...showContent("Body", operation.requestBody?.content, schemas));
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      details.append(make("p", status + " " + description));
      if (status.startsWith("2")) details.append(...showContent("Answer", content, schemas));
    }
  });
  return details;
};
const answer = await fetch("openapi.json");
const { info, paths, components } = await answer.json();
document.querySelector("h1").textContent = info.title + " " + info.version;
const tags = new Map();
for (const [path, methods] of Object.entries(paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const tag = operation.tags?.[0] ?? "Other";
    if (!tags.has(tag)) tags.set(tag, []);
    tags.get(tag).push(showOperation(method, path, operation, components.schemas));
  }
}
const main = document.querySelector("main");
for (const [tag, shown] of [...tags].sort()) main.append(make("section", "", make("h2", tag), ...shown));
document.querySelector("#filter").addEventListener("input", ({ target }) => {
  const wanted = target.value.toLowerCase();
  for (const section of main.children) {
    const shown = [...section.querySelectorAll("[data-text]")];
    for (const each of shown) each.hidden = !each.dataset.text.includes(wanted);
    section.hidden = shown.every((each) => each.hidden);
  }
});
`;

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing but its own style and script, and requests to its own server. */
export const DOCS_PAGE_POLICY = [
  "default-src 'none'",
  "connect-src 'self'",
  `style-src ${hash(STYLE)}`,
  `script-src ${hash(SCRIPT)}`,
].join("; ");

export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>API of Stepwind</title>
<style>${STYLE}</style>
<h1>API of Stepwind</h1>
<p>The whole document: <a href="openapi.json">openapi.json</a>. An operation opens with a click.</p>
<input id="filter" type="search" placeholder="Filter by path or name" aria-label="Filter">
<main></main>
<script type="module">${SCRIPT}</script>
</html>
`;
