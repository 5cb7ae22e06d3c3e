import { analyzeSync, Liquid, LiquidError, type Template, Tokenizer, TokenKind, type Variable } from 'liquidjs';
import { addressesIn, type messageVariables, templateFilters, variables } from '#contract/content';

/**
 * Templates in Liquid: words with variables, conditions and a few filters. What customers are called or write is only ever
 * a value; it is never read as a template. There are no loops, no assignments and no files, so that the size of what comes
 * out is bounded by the template and its values.
 */

const allowedTags = ['if', 'unless', 'case', 'comment'];

/** The longest template. */
const maxTemplateLength = 60_000;

/** Short names and what they stand for. */
const shortNames: Readonly<Record<(typeof messageVariables)[number], string>> = {
  customer_name: 'customer.name',
  staff_name: 'staff.name',
  staff_alias: 'staff.alias',
  code_name: 'code.name',
  hook: 'code.hook',
};

/** How values have to be written so that they stay words where they are put: plain text, or Markdown. */
export type TextForm = 'plain' | 'markdown';

/**
 * Marks in what Liquid gives: a value that is missing, a tracked address. Neither templates nor values have control
 * characters.
 */
const missingMark = '\u0001';
const linkMark = '\u0002';
const endMark = '\u0003';
// biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are control characters so that no text has them
const unwanted = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

const engine = createEngine();

function createEngine(): Liquid {
  const liquid = new Liquid({
    strictFilters: true,
    ownPropertyOnly: true,
    // No files: every name of another template is unknown.
    templates: {},
    parseLimit: maxTemplateLength * 2,
    // Milliseconds and objects: templates without loops need far less of either.
    renderLimit: 1000,
    memoryLimit: 1_000_000,
  });
  for (const name of Object.keys(liquid.tags)) if (!allowedTags.includes(name)) delete liquid.tags[name];
  const known: readonly string[] = templateFilters;
  for (const name of Object.keys(liquid.filters)) if (!known.includes(name)) delete liquid.filters[name];
  const { date } = liquid.filters;
  liquid.registerFilter('date', function (value: unknown, format: unknown) {
    // A civil day has no zone to be moved to.
    if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value) || typeof date !== 'function') return value;
    return date.call(this, value, typeof format === 'string' ? format : '%Y-%m-%d', 'UTC');
  });
  liquid.registerFilter('said_plain', (value: unknown, number: number) => say(value, number, (text) => text));
  liquid.registerFilter('said_markdown', (value: unknown, number: number) => say(value, number, escapeMarkdown));
  return liquid;
}

function say(value: unknown, number: number, write: (text: string) => string): string {
  const text = textOf(value).replace(unwanted, '');
  return text === '' ? `${missingMark}${number}${endMark}` : write(text);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number') return Number.isFinite(value) ? String(Math.round(value * 1e6) / 1e6) : '';
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? value.map(textOf).join('、') : '';
}

/** Backslashes before all that Markdown and HTML read; a line break would begin a new block. */
function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()#+\-.!|<>&~:/@]/g, '\\$&');
}

/** Something that is wrong with a template, and where. Lines and columns begin at 1. */
export interface TemplateProblem {
  readonly problem:
    | 'template_syntax'
    | 'template_unknown_variable'
    | 'template_unknown_filter'
    | 'template_unknown_tag';
  readonly row: number;
  readonly column: number;
  readonly detail: string;
}

/** What is wrong with a template, the first thing Liquid stumbles over or all variables that are unknown. */
export function checkTemplate(text: string, attributeKeys: ReadonlySet<string>): TemplateProblem[] {
  try {
    return usedVariables(engine.parse(text)).flatMap(({ path, location }) =>
      path !== undefined && isKnown(path, attributeKeys)
        ? []
        : [
            {
              problem: 'template_unknown_variable',
              row: location.row,
              column: location.col,
              detail: path ?? '',
            } as const,
          ],
    );
  } catch (error) {
    if (!LiquidError.is(error)) throw error;
    const [row = 1, column = 1] = error.token?.getPosition() ?? [];
    const said = (error.originalError?.message ?? error.message).replace(/, line:\d+, col:\d+$/, '').slice(0, 200);
    const filter = /^undefined filter: (.*)$/.exec(said)?.[1];
    if (filter !== undefined) return [{ problem: 'template_unknown_filter', row, column, detail: filter }];
    const tag = /^tag "(.*)" not found$/.exec(said)?.[1];
    if (tag !== undefined) return [{ problem: 'template_unknown_tag', row, column, detail: tag }];
    return [{ problem: 'template_syntax', row, column, detail: said }];
  }
}

function isKnown(path: string, attributeKeys: ReadonlySet<string>): boolean {
  const known: readonly string[] = variables;
  return known.includes(path) || attributeKeys.has(keyOfAttribute(path) ?? '');
}

/** 'customer.attributes.city' → 'city'. */
export function keyOfAttribute(path: string): string | undefined {
  return path.startsWith('customer.attributes.') ? path.slice('customer.attributes.'.length) : undefined;
}

function usedVariables(templates: Template[]): { path: string | undefined; location: Variable['location'] }[] {
  const uses = analyzeSync(templates, { partials: false });
  return Object.values(uses.variables).flatMap((of) =>
    of.map(({ segments, location }) => ({
      // A name that is itself computed could be any.
      path: segments.every((segment) => typeof segment === 'string') ? longName(segments.join('.')) : undefined,
      location,
    })),
  );
}

function longName(path: string): string {
  const names: Readonly<Record<string, string>> = shortNames;
  return Object.hasOwn(names, path) ? (names[path] ?? path) : path;
}

/** Values of variables, by their long names: {customer: {name: '芳'}}. */
export type Values = Readonly<Record<string, unknown>>;

export interface FillOptions {
  /** The address that stands in the place of a tracked one. */
  linkOf(url: string): string;
  /** Names what is missing where it is missing, for previews. */
  isMarked?: boolean;
}

export interface Filled {
  readonly text: string;
  /** Variables that had no value and no default where they were to be said. */
  readonly missing: readonly string[];
}

/** A template that was read, to be filled many times. */
export interface ReadTemplate {
  /** Long names of all variables it uses, also in conditions. */
  readonly variables: ReadonlySet<string>;
  readonly trackedUrls: readonly string[];
  /** Never throws: what cannot be filled stays undefined. */
  fill(values: Values, options: FillOptions): Filled | undefined;
}

/**
 * Reads a template. One that Liquid cannot read, which no template saved through the contract is, stays as it is typed.
 */
export function readTemplate(text: string, form: TextForm, trackedUrls: readonly string[]): ReadTemplate {
  const marked = markPlaces(text, form, trackedUrls);
  const templates = marked && parse(marked.text);
  if (!templates) {
    return { variables: new Set(), trackedUrls: [], fill: () => ({ text: text.trim(), missing: [] }) };
  }
  const { places, urls } = marked;
  return {
    variables: new Set(usedVariables(templates).flatMap(({ path }) => path ?? [])),
    trackedUrls: urls,
    fill(values, options) {
      let raw: string;
      try {
        raw = String(engine.renderSync(templates, withShortNames(values)));
      } catch (error) {
        if (LiquidError.is(error)) return undefined;
        throw error;
      }
      return settle(raw, places, urls, options);
    },
  };
}

function parse(text: string): Template[] | undefined {
  try {
    return engine.parse(text);
  } catch (error) {
    if (LiquidError.is(error)) return undefined;
    throw error;
  }
}

/** Has every value say which place it stands in, and puts marks where tracked addresses are written. */
function markPlaces(text: string, form: TextForm, trackedUrls: readonly string[]) {
  const places: string[] = [];
  const urls: string[] = [];
  let tokens: ReturnType<Tokenizer['readTopLevelTokens']>;
  try {
    tokens = new Tokenizer(text, engine.options.operators).readTopLevelTokens(engine.options);
  } catch (error) {
    if (LiquidError.is(error)) return undefined;
    throw error;
  }
  const parts = tokens.map((token, i) => {
    const typed = token.getText();
    if (token.kind === TokenKind.Output) {
      return typed.replace(/^\{\{(-?)([\s\S]*?)(-?)\}\}$/, (_, left: string, said: string, right: string) => {
        places.push(longName(pathIn(said)));
        return `{{${left}${said} | said_${form}: ${places.length - 1} ${right}}}`;
      });
    }
    if (token.kind !== TokenKind.HTML || trackedUrls.length === 0) return typed;
    return replaceAddresses(typed, (url, isLast) => {
      // With a value written directly behind it, it is another address.
      if (!trackedUrls.includes(url) || (isLast && tokens[i + 1]?.kind === TokenKind.Output)) return url;
      urls.push(url);
      return `${linkMark}${urls.length - 1}${endMark}`;
    });
  });
  return { text: parts.join(''), places, urls };
}

/** What an output begins with: ' customer.attributes["city"] | upcase ' → 'customer.attributes.city'. */
function pathIn(said: string): string {
  return (said.split('|')[0] ?? '').trim().replace(/\[\s*["']([^"']+)["']\s*\]/g, '.$1');
}

function replaceAddresses(text: string, replace: (url: string, isLast: boolean) => string): string {
  let done = 0;
  let made = '';
  for (const { url, at } of addressesIn(text)) {
    made += text.slice(done, at) + replace(url, at + url.length === text.length);
    done = at + url.length;
  }
  return made + text.slice(done);
}

function withShortNames(values: Values): Record<string, unknown> {
  const short = Object.entries(shortNames).map(([name, path]) => [name, valueAt(values, path)]);
  return { ...values, ...Object.fromEntries(short) };
}

function valueAt(values: Values, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Values)[name] : undefined,
      values,
    );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are control characters so that no text has them
const missingRun = /[ \t]*(?:\u0001\d+\u0003[ \t]*)+([，,、：:][ \t]*)?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const missingOne = /\u0001(\d+)\u0003/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const linkOne = /\u0002(\d+)\u0003/g;

function settle(
  raw: string,
  places: readonly string[],
  urls: readonly string[],
  { linkOf, isMarked }: FillOptions,
): Filled {
  const missing = [...new Set([...raw.matchAll(missingOne)].map(([, number]) => places[Number(number)] ?? ''))];
  const closed = isMarked
    ? raw.replace(missingOne, (_, number) => `{{ ${places[Number(number)] ?? ''} }}`)
    : raw.replace(missingRun, closeUp);
  return { text: closed.replace(linkOne, (_, number) => linkOf(urls[Number(number)] ?? '')).trim(), missing };
}

/** What is left in the place of a value that is missing: the blanks around it close up, and no line begins with a comma. */
function closeUp(run: string, comma: string | undefined, at: number, raw: string): string {
  const before = raw[at - 1];
  if (before === undefined || before === '\n') return '';
  if (comma !== undefined) return comma;
  const after = raw[at + run.length];
  const hasBlank = /[ \t]/.test(run);
  return hasBlank && after !== undefined && !/[\n。！？；…）,.!?;:)]/.test(after) ? ' ' : '';
}
