import { Marked, type Token, type Tokens } from 'marked';
import { escapeHtml } from '#platform/page';

/**
 * Markdown as HTML that mail programs understand: styles stand on the elements, because many drop everything else. HTML in
 * the text is shown as text, and addresses other than of the web, of mail and of telephones lead nowhere: names of customers come from outside.
 */
export function toHtml(markdown: string): string {
  return marked.parse(markdown, { async: false });
}

const accent = '#0f766e';
const block = 'margin:0 0 16px;';
const cell = 'padding:8px 10px;border:1px solid #dfe5e2;text-align:left;';
const button = `display:inline-block;padding:12px 28px;border-radius:8px;background:${accent};color:#ffffff;font-weight:600;text-decoration:none;`;

const headingSizes = [24, 20, 18, 16, 16, 16];

const marked = new Marked({
  gfm: true,
  // Operators press Enter where they want a new line.
  breaks: true,
  renderer: {
    html: ({ text }) => escapeHtml(text),
    // Behind a <script> that is only shown, marked takes text for code and would leave it as it is.
    text(token) {
      if ('tokens' in token && token.tokens) return this.parser.parseInline(token.tokens);
      return escapeHtml(token.text).replace(/&amp;(#\d{1,7}|#x[0-9a-f]{1,6}|\w{2,31});/gi, '&$1;');
    },
    heading({ tokens, depth }) {
      const size = headingSizes[depth - 1] ?? 16;
      return `<h${depth} style="margin:24px 0 12px;font-size:${size}px;line-height:1.35;">${this.parser.parseInline(tokens)}</h${depth}>`;
    },
    paragraph({ tokens }) {
      // A link that stands alone is what the reader is asked to do.
      const [only] = tokens.length === 1 ? tokens : [];
      const target = only?.type === 'link' ? safeUrl(only.href) : undefined;
      if (only?.type === 'link' && target !== undefined && only.text !== only.href) {
        return `<p style="margin:24px 0;"><a class="action" href="${escapeHtml(target)}" style="${button}">${this.parser.parseInline(only.tokens ?? [])}</a></p>`;
      }
      return `<p style="${block}">${this.parser.parseInline(tokens)}</p>`;
    },
    link({ href, tokens }) {
      const target = safeUrl(href);
      const words = this.parser.parseInline(tokens);
      return target === undefined ? words : `<a href="${escapeHtml(target)}" style="color:${accent};">${words}</a>`;
    },
    image({ href, text }) {
      const target = safeUrl(href);
      const isPicture = target !== undefined && /^https?:/i.test(target);
      if (!isPicture) return escapeHtml(text);
      return `<img src="${escapeHtml(target)}" alt="${escapeHtml(text)}" style="display:block;width:100%;max-width:100%;height:auto;border:0;border-radius:8px;">`;
    },
    list(token) {
      const items = token.items.map((item) => this.listitem(item)).join('');
      const tag = token.ordered ? 'ol' : 'ul';
      const start = token.ordered && token.start !== 1 ? ` start="${token.start}"` : '';
      return `<${tag}${start} style="margin:0 0 16px;padding-left:24px;">${items}</${tag}>`;
    },
    listitem(item) {
      return `<li style="margin:0 0 6px;">${this.parser.parse(item.tokens)}</li>`;
    },
    blockquote({ tokens }) {
      return `<blockquote style="${block}padding:2px 0 2px 16px;border-left:3px solid #cfdad5;">${this.parser.parse(tokens)}</blockquote>`;
    },
    hr: () => '<hr style="margin:24px 0;border:0;border-top:1px solid #dfe5e2;">',
    code: ({ text }) => `<pre style="${block}font-size:14px;white-space:pre-wrap;">${escapeHtml(text)}</pre>`,
    table(token) {
      const row = (cells: Tokens.TableCell[], tag: 'th' | 'td') =>
        `<tr>${cells.map((one) => `<${tag} style="${cell}">${this.parser.parseInline(one.tokens)}</${tag}>`).join('')}</tr>`;
      const rows = token.rows.map((cells) => row(cells, 'td')).join('');
      return `<table style="${block}width:100%;border-collapse:collapse;font-size:15px;">${row(token.header, 'th')}${rows}</table>`;
    },
  },
});

function safeUrl(href: string): string | undefined {
  return /^(https?:\/\/|mailto:|tel:)/i.test(href) ? href : undefined;
}

/** The same as plain text: addresses stand behind their words, marks are gone. */
export function toText(markdown: string): string {
  return textOf(marked.lexer(markdown))
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map((token) => textOfToken(token)).join('');
}

function textOfToken(token: Token): string {
  const inside = () => ('tokens' in token && token.tokens ? textOf(token.tokens) : 'text' in token ? token.text : '');
  switch (token.type) {
    case 'space':
    case 'def':
      return '';
    case 'br':
      return '\n';
    case 'hr':
      return '----\n\n';
    case 'heading':
    case 'paragraph':
      return `${inside()}\n\n`;
    case 'link': {
      const words = inside();
      return words === token.href || safeUrl(token.href) === undefined ? words : `${words} ${token.href}`;
    }
    case 'image':
      return token.text;
    case 'list':
      return `${(token as Tokens.List).items.map((item, index) => textOfItem(item, token as Tokens.List, index)).join('')}\n`;
    case 'blockquote':
      return `${inside().trim().replace(/^/gm, '> ')}\n\n`;
    case 'code':
      return `${token.text}\n\n`;
    case 'table': {
      const rows = [(token as Tokens.Table).header, ...(token as Tokens.Table).rows];
      return `${rows.map((cells) => cells.map((one) => textOf(one.tokens)).join(' | ')).join('\n')}\n\n`;
    }
    default:
      return inside();
  }
}

function textOfItem(item: Tokens.ListItem, list: Tokens.List, index: number): string {
  const mark = list.ordered ? `${Number(list.start) + index}.` : '-';
  return `${mark} ${textOf(item.tokens).trim().replace(/\n+/g, '\n  ')}\n`;
}
