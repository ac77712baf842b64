// /openapi.json and /docs: the document, and a page that shows it. Both are for everybody, as in
// Airflow: they say nothing of what is in this deployment.
import type { Api, ApiContext } from "../../context.ts";

export function addDocumentRoutes(app: Api, context: ApiContext): void {
  let document: Promise<string> | undefined;

  app.get("/openapi.json", async (c) => {
    document ??= import("./served-document.ts").then(({ writeServedDocument }) =>
      writeServedDocument(context),
    );
    return c.body(await document, 200, { "Content-Type": "application/json" });
  });

  app.get("/docs", async (c) => {
    const { DOCS_PAGE, DOCS_PAGE_POLICY } = await import("./docs-page.ts");
    return c.html(DOCS_PAGE, 200, { "Content-Security-Policy": DOCS_PAGE_POLICY });
  });
}
