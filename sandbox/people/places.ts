/** Reading a page the way a person with a phone does: opening it and looking for a code to scan. */

export const weChatUserAgent =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.56(0x18003834) NetType/WIFI Language/zh_CN';

/** Machines that fetch a link to show a preview of it, or to look for danger. */
export const robotUserAgents: readonly string[] = [
  'Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'Mozilla/5.0 (compatible; LinkPreviewBot/1.0)',
];

const openTimeoutMs = 8000;

/** @returns the config id when the url is itself a code of this sandbox */
export function codeInUrl(sandboxUrl: string, url: string): string | undefined {
  if (!URL.canParse(url, sandboxUrl)) return undefined;
  const parsed = new URL(url, sandboxUrl);
  if (parsed.origin !== new URL(sandboxUrl).origin) return undefined;
  return parsed.pathname.match(/^\/(?:qr|scan)\/([0-9a-f]{32})(?:\.png)?$/)?.[1];
}

/** First picture of, or link to, a code of this sandbox in a page. */
export function codeInHtml(sandboxUrl: string, html: string): string | undefined {
  // Attribute values may carry entities and JSON may escape its slashes; ids are plain hex, so both can be undone first.
  const text = html.replaceAll('&amp;', '&').replaceAll('&#x2F;', '/').replaceAll('\\/', '/');
  const origin = new URL(sandboxUrl).origin;
  for (const match of text.matchAll(/https?:\/\/[^\s"'<>]+\/(?:qr|scan)\/[0-9a-f]{32}(?:\.png)?/g)) {
    const found = codeInUrl(origin, match[0]);
    if (found) return found;
  }
  return undefined;
}

export type Visit = { ok: true; html: string; url: string } | { ok: false; problem: string };

export async function openPage(url: string, openAnyHost: boolean, userAgent = weChatUserAgent): Promise<Visit> {
  if (!URL.canParse(url)) return { ok: false, problem: 'not a url' };
  const parsed = new URL(url);
  if (!/^https?:$/.test(parsed.protocol)) return { ok: false, problem: 'not a web page' };
  if (!openAnyHost && !isThisMachine(parsed.hostname)) return { ok: false, problem: 'outside this machine' };
  try {
    const response = await fetch(parsed, {
      headers: { 'user-agent': userAgent, accept: 'text/html,*/*' },
      signal: AbortSignal.timeout(openTimeoutMs),
    });
    const html = await response.text();
    if (!response.ok) return { ok: false, problem: `answered ${response.status}` };
    return { ok: true, html, url: response.url };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
}

export function isThisMachine(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.') || hostname.endsWith('.localhost')
  );
}
