import { createHash } from 'node:crypto';
import type { Fact } from '#events';
import type { ImportKind, ImportSettings } from './columns.ts';
import type { FileRow } from './file.ts';
import { isSameOrder, maxGroup, type OrderGroup, type Placed, tellingOf } from './orders.ts';
import {
  createEventReader,
  createOrderReader,
  createPersonReader,
  createTagReader,
  type OrderRow,
  type Reading,
  type TagRow,
} from './rows.ts';

/** Collects rows into pieces of work that can be committed: facts, tags, and what was rejected. */

export interface Rejected {
  readonly line: number;
  readonly reason: string;
  readonly field: string;
  readonly cells: readonly string[];
  /** Of a row of an order, where it could be read as money. */
  readonly money?: { readonly currency: string; readonly amountFen: number };
}

export interface Money {
  readonly currency: string;
  readonly soldFen: number;
  readonly refundedFen: number;
  readonly mergedFen: number;
  readonly rejectedFen: number;
}

/** A fact, with the rows that it stands for. */
export interface Unit {
  readonly fact: Fact;
  readonly taken: number;
  readonly merged: number;
  readonly money?: Money;
}

export interface TagUnit extends TagRow {
  readonly line: number;
  readonly cells: readonly string[];
}

export interface Piece {
  readonly units: readonly Unit[];
  readonly tags: readonly TagUnit[];
  readonly rejected: readonly Rejected[];
  /** All rows up to this one are in here or in pieces before. */
  readonly rowsDone: number;
}

export interface AttributeKind {
  readonly kind: string;
  readonly choices: readonly string[];
}

export interface CollectorParts {
  readonly kind: ImportKind;
  readonly settings: ImportSettings;
  /** Names the facts: the same file with the same settings gives the same. */
  readonly key: string;
  /** The moment of tellings where the file has none. */
  readonly toldAt: number;
  readonly attributes: ReadonlyMap<string, AttributeKind>;
}

export interface Collector {
  /** @param place the row's number, from 1, the names of columns not counted */
  add(row: FileRow, place: number): void;
  /** Rows that wait, those of an order that may go on included. */
  readonly size: number;
  /** What is complete; with `isEnd` everything. */
  cut(isEnd: boolean): Piece;
}

export const importSource = 'import';

export function createCollector(parts: CollectorParts): Collector {
  let units: Unit[] = [];
  let tags: TagUnit[] = [];
  let rejected: Rejected[] = [];
  let group: (Placed<OrderRow> & { cells: readonly string[] })[] = [];
  let groupPlace = 0;
  let lastPlace = 0;
  let size = 0;
  const take = takerOf();

  function reject(row: FileRow, why: { reason: string; field: string; amountFen?: number; currency?: string }): void {
    const { reason, field, amountFen, currency } = why;
    const money = amountFen === undefined || currency === undefined ? {} : { money: { amountFen, currency } };
    rejected.push({ line: row.line, reason, field, cells: row.cells, ...money });
  }

  function closeGroup(): void {
    if (group.length === 0) return;
    const order = tellingOf(group, parts.toldAt);
    for (const { line, row, reason, field } of order.rejected) {
      const cells = group.find((placed) => placed.line === line)?.cells ?? [];
      reject({ line, cells }, { reason, field, amountFen: row.amountFen, currency: row.currency });
    }
    units.push(orderUnit(order, parts.key));
    group = [];
  }

  function takerOf(): (row: FileRow, place: number) => void {
    const { kind, settings } = parts;
    const withReader =
      <T>(read: (cells: readonly string[]) => Reading<T>, use: (value: T, row: FileRow, place: number) => void) =>
      (row: FileRow, place: number) => {
        const reading = read(row.cells);
        if ('ok' in reading) use(reading.ok, row, place);
        else reject(row, reading);
      };
    switch (kind) {
      case 'orders':
        return withReader(createOrderReader(settings), (value, row, place) => {
          const [first] = group;
          if (first && (!isSameOrder(first.row, value) || group.length >= maxGroup)) closeGroup();
          if (group.length === 0) groupPlace = place;
          group.push({ line: row.line, row: value, cells: row.cells });
        });
      case 'customers':
        return withReader(createPersonReader(settings), (value, row) => {
          const attributes: Record<string, string | number | boolean> = {};
          for (const [key, text] of Object.entries(value.attributes)) {
            const definition = parts.attributes.get(key);
            const attribute = definition && attributeOf(definition, text);
            if (attribute === undefined) return reject(row, { reason: 'attribute_invalid', field: `attribute:${key}` });
            attributes[key] = attribute;
          }
          const { name, gender } = value;
          const profile = { name: name ?? null, avatar: null, gender: gender ?? 'unknown' } as const;
          const fact: Fact = {
            name: 'person.identified',
            source: importSource,
            messageId: `${parts.key} ${row.line}`,
            occurredAt: new Date(value.updatedAt ?? parts.toldAt),
            payload: {
              accounts: [...value.accounts],
              attributes,
              ...(name === undefined && gender === undefined ? {} : { profile }),
            },
          };
          units.push({ fact, taken: 1, merged: 0 });
        });
      case 'events':
        return withReader(createEventReader(settings), (value) => {
          const { accounts, event, properties, occurredAt } = value;
          // What happened, not where it is written down: two files that overlap tell of the same events.
          const content = JSON.stringify([accounts, event, occurredAt, properties]);
          const id = value.messageId ?? createHash('sha256').update(content).digest('base64url').slice(0, 24);
          const fact: Fact = {
            name: 'event.tracked',
            source: importSource,
            messageId: `event ${id}`,
            occurredAt: new Date(occurredAt),
            payload: { accounts: [...accounts], event, properties },
          };
          units.push({ fact, taken: 1, merged: 0 });
        });
      case 'tags':
        return withReader(createTagReader(settings), (value, row) => {
          tags.push({ ...value, line: row.line, cells: row.cells });
        });
    }
  }

  return {
    add(row, place) {
      size++;
      lastPlace = place;
      if (row.problem === undefined) take(row, place);
      else reject(row, { reason: row.problem, field: '' });
    },
    get size() {
      return size;
    },
    cut(isEnd) {
      // Rejected rows in the middle of an order that goes on are told with it.
      if (isEnd || group.length >= maxGroup) closeGroup();
      const isOpen = group.length > 0;
      const held = isOpen ? rejected.filter((row) => row.line > (group[0]?.line ?? 0)) : [];
      const piece: Piece = {
        units,
        tags,
        rejected: isOpen ? rejected.filter((row) => !held.includes(row)) : rejected,
        rowsDone: isOpen ? groupPlace - 1 : lastPlace,
      };
      [units, tags, rejected] = [[], [], [...held]];
      size = isOpen ? lastPlace - groupPlace + 1 : 0;
      return piece;
    },
  };
}

function orderUnit(order: OrderGroup, key: string): Unit {
  const { telling, taken, merged } = order;
  const sum = (rows: readonly Placed<OrderRow>[], read: (row: OrderRow) => number) =>
    rows.reduce((total, { row }) => total + read(row), 0);
  return {
    fact: {
      name: 'order.told',
      source: importSource,
      messageId: `${key} ${order.firstLine}`,
      occurredAt: new Date(telling.orderedAt ?? telling.refunds?.[0]?.refundedAt ?? telling.updatedAt),
      payload: { accounts: telling.accounts, order: telling },
    },
    taken: taken.length,
    merged: merged.length,
    money: {
      currency: telling.currency ?? '',
      soldFen: sum(taken, (row) => Math.max(0, row.amountFen)),
      refundedFen: sum(taken, (row) => Math.max(0, -row.amountFen)),
      mergedFen: sum(merged, (row) => row.amountFen),
      rejectedFen: 0,
    },
  };
}

const yes = new Set(['true', '1', 'yes', 'y', '是', '有']);
const no = new Set(['false', '0', 'no', 'n', '否', '无']);

/** A text as a value of an attribute's kind, or undefined when it is none. */
function attributeOf({ kind, choices }: AttributeKind, text: string): string | number | boolean | undefined {
  switch (kind) {
    case 'number': {
      const number = Number(text.replaceAll(',', ''));
      return text.trim() !== '' && Number.isFinite(number) ? number : undefined;
    }
    case 'boolean': {
      const word = text.toLowerCase();
      return yes.has(word) ? true : no.has(word) ? false : undefined;
    }
    case 'date': {
      const match = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$/.exec(text);
      if (!match) return undefined;
      const day = [match[1], match[2]?.padStart(2, '0'), match[3]?.padStart(2, '0')].join('-');
      return new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) ? day : undefined;
    }
    case 'choice':
      return choices.includes(text) ? text : undefined;
    default:
      return text;
  }
}
