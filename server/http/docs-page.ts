import type { App } from './app.ts';

type Operation = {
  summary?: string;
  description?: string;
  parameters?: unknown[];
  requestBody?: unknown;
  responses?: Record<string, unknown>;
};

/** `/docs`: the OpenAPI document as a page to read, without a script and without anything from elsewhere. */
export function docsRoute(app: App): void {
  app.get('/docs', { schema: { hide: true } }, async (_, reply) => {
    const { paths = {} } = app.swagger() as { paths?: Record<string, Record<string, Operation>> };
    const sections = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => section(method, path, operation)),
    );
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    return reply.type('text/html; charset=utf-8').send(`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley API</title><style>
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{overflow:auto;padding:.75rem;border-radius:6px;background:color-mix(in srgb,currentColor 7%,transparent)}
details{border-bottom:1px solid color-mix(in srgb,currentColor 15%,transparent);padding:.5rem 0}summary{cursor:pointer}
b{display:inline-block;min-width:4.5rem}</style></head><body><h1>Parley API</h1>
<p>The machine-readable form is <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1). Errors are problem documents with a stable <code>code</code>.</p>
${sections.join('\n')}</body></html>`);
  });
}

function section(method: string, path: string, operation: Operation): string {
  const parts = {
    parameters: operation.parameters,
    requestBody: operation.requestBody,
    responses: successes(operation.responses),
  };
  return `<details><summary><b>${escapeHtml(method.toUpperCase())}</b> <code>${escapeHtml(path)}</code></summary><pre>${escapeHtml(JSON.stringify(parts, null, 2))}</pre></details>`;
}

/** Every operation answers the same problem documents; saying it once, at the top, is enough to read. */
function successes(responses: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(responses).filter(([status]) => !/^[45]XX$/.test(status)));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
