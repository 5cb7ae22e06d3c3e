import type { BytesReply } from './module.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** A small page that a customer opens on a phone. `body` is HTML; what people wrote in it is escaped already. */
export function pageReply(page: { title: string; body: string; status?: number }): BytesReply {
  return {
    status: page.status ?? 200,
    contentType: 'text/html; charset=utf-8',
    // Of the address at most the origin is told to others: whoever knows the rest may act on it.
    headers: { 'cache-control': 'no-store', 'referrer-policy': 'strict-origin' },
    body: `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${escapeHtml(page.title)}</title><style>
:root { color-scheme: light dark; font: 16px/1.6 system-ui, -apple-system, "PingFang SC", "Noto Sans SC", sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#eef3f1, #14201c); color: light-dark(#1f2b27, #e4ece8) }
main { box-sizing: border-box; width: min(100vw - 32px, 388px); padding: 32px 24px; text-align: center; border-radius: 20px; background: light-dark(#fff, #1c2a25); box-shadow: 0 12px 40px rgb(0 0 0 / .08) }
h1 { margin: 0 0 8px; font-size: 20px } .hook { margin: 0 0 20px } img { border-radius: 8px; background: #fff; padding: 8px }
.hint { margin: 16px 0 0; font-size: 14px; opacity: .7 }
button { width: 100%; padding: 12px; border: 0; border-radius: 12px; font: inherit; color: #fff; background: #0f766e; cursor: pointer }
</style></head><body><main>
${page.body}
</main></body></html>`,
  };
}
