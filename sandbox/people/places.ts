/** Reading a page the way a person with a phone does: opening it and looking for a code to scan. */

export const weChatUserAgent =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.56(0x18003834) NetType/WIFI Language/zh_CN';
export const weComUserAgent =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 wxwork/4.1.36 MicroMessenger/7.0.1 Language/zh ColorScheme/Light';

/** Machines that fetch a link to show a preview of it, or to look for danger. */
export const robotUserAgents: readonly string[] = [
  'Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'Mozilla/5.0 (compatible; LinkPreviewBot/1.0)',
];

const openTimeoutMs = 8000;
const maxRedirects = 10;

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

export type Browser = {
  userAgent: string;
  openAnyHost: boolean;
  /** Where an address leads that the client answers itself; undefined for all others, which are fetched. */
  answer?: (url: URL) => { url: string } | { problem: string } | undefined;
};

/** Opens a page and follows where it leads. Cookies live as long as the visit. */
export async function openPage(url: string, browser: Browser): Promise<Visit> {
  if (!URL.canParse(url)) return { ok: false, problem: 'not a url' };
  const cookies = new Map<string, Map<string, string>>();
  let next = new URL(url);
  try {
    const signal = AbortSignal.timeout(openTimeoutMs);
    for (let count = 0; count <= maxRedirects; count++) {
      if (!/^https?:$/.test(next.protocol)) return { ok: false, problem: 'not a web page' };
      if (!browser.openAnyHost && !isThisMachine(next.hostname)) return { ok: false, problem: 'outside this machine' };
      const answered = browser.answer?.(next);
      if (answered && 'problem' in answered) return { ok: false, problem: answered.problem };
      if (answered) {
        next = new URL(answered.url);
        continue;
      }
      const response = await fetch(next, {
        headers: {
          'user-agent': browser.userAgent,
          accept: 'text/html,*/*',
          cookie: [...(cookies.get(next.host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; '),
        },
        redirect: 'manual',
        signal,
      });
      keepCookies(cookies, next.host, response);
      const html = await response.text();
      const location = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && location !== null) {
        next = new URL(location, next);
        continue;
      }
      return response.ok ? { ok: true, html, url: next.href } : { ok: false, problem: `answered ${response.status}` };
    }
    return { ok: false, problem: 'too many redirects' };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
}

function keepCookies(cookies: Map<string, Map<string, string>>, host: string, response: Response): void {
  for (const line of response.headers.getSetCookie()) {
    const [pair = ''] = line.split(';', 1);
    const at = pair.indexOf('=');
    const own = cookies.get(host) ?? new Map<string, string>();
    cookies.set(host, own);
    if (at > 0) own.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
}

/** By whatever name: 127.0.0.1 and localhost are the same sandbox. */
export function isThisMachine(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.') || hostname.endsWith('.localhost')
  );
}
