import fc from 'fast-check';
import { z } from 'zod';
import type { Route } from '#contract';

/** Inputs made from the contract: what a caller may send, by the schema of a route. */

interface Schema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
}

/** Values that exist, by field name; ids in a path by the path's first part, such as '/customers'. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

export function schemaOf(route: Route): Schema {
  return z.toJSONSchema(route.input, { io: 'input', unrepresentable: 'any' }) as Schema;
}

/** The name under which `known` holds the values of a field. */
function placeOf(route: Route, field: string): string {
  return field === 'id' ? `/${route.path.split('/')[2]}` : field;
}

function candidates(schema: Schema, name: string, known: Known): readonly unknown[] {
  const types = [schema, ...(schema.anyOf ?? [])].map((option) => option.type);
  return (known[name] ?? []).filter((value) =>
    // A tree refers to itself, which a form without types says nothing of.
    typeof value === 'object'
      ? types.includes(undefined) || types.includes('object')
      : typeof value === 'number'
        ? types.includes('integer') || types.includes('number')
        : types.includes(typeof value),
  );
}

/** The least that is valid: required fields only, from what exists. */
export function leastInput(route: Route, known: Known): Record<string, unknown> {
  const least = (schema: Schema, field: string): unknown => {
    const [value] = candidates(schema, placeOf(route, field), known);
    if (value !== undefined) return value;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    const option = schema.anyOf?.[0] ?? schema.oneOf?.[0];
    if (option) return least(option, field);
    if (schema.type === 'object') {
      const required = schema.required ?? [];
      return Object.fromEntries(required.map((name) => [name, least(schema.properties?.[name] ?? {}, name)]));
    }
    if (schema.type === 'array') {
      return Array.from({ length: schema.minItems ?? 0 }, () => least(schema.items ?? {}, field));
    }
    if (schema.type === 'string') return leastText(schema);
    if (schema.type === 'boolean') return false;
    if (schema.type === 'integer' || schema.type === 'number') {
      return schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1;
    }
    return null;
  };
  return least(schemaOf(route), '') as Record<string, unknown>;
}

function leastText(schema: Schema): string {
  if (schema.format === 'email') return 'least@siyu.test';
  if (schema.format === 'uri') return 'https://siyu.test/least';
  if (schema.format === 'date') return '2026-11-01';
  if (schema.format === 'date-time') return '2026-11-01T08:00:00+08:00';
  if (schema.pattern) return fc.sample(fc.stringMatching(new RegExp(schema.pattern)), { seed: 1, numRuns: 1 })[0] ?? '';
  return 'least'.padEnd(schema.minLength ?? 0, '.').slice(0, schema.maxLength);
}

/** Texts that are allowed in most fields and that careless code trips over. */
const awkwardTexts = [
  "'; drop table customer; --",
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '#{7*7} {{customer_name}} {{ nobody }}',
  '%_\\%\\',
  '𠮷👩‍👩‍👧‍👦é',
  '  blanks  around  ',
  'null',
  '0',
  '__proto__',
  '-1',
];

const awkwardDays = ['0000-01-01', '0001-01-01', '1969-12-31', '2024-02-29', '2026-11-21', '9999-12-31'];
const awkwardTimes = ['0000-01-01T00:00:00Z', '2026-03-29T02:30:00+08:00', '9999-12-31T23:59:59.999-12:00'];
const awkwardUrls = [
  'http://127.0.0.1:9/',
  'https://例子.测试/路径?q=1#x',
  'http://u:p@[::1]:80/%00',
  'https://a.test/\u0000',
  'https://a.test/\ud800',
];

/** Inputs that the schema allows; refinements may still refuse them. */
export function validInputs(route: Route, known: Known): fc.Arbitrary<Record<string, unknown>> {
  const of = (schema: Schema, field: string): fc.Arbitrary<unknown> => {
    const existing = candidates(schema, placeOf(route, field), known);
    const made = ofSchema(schema, field);
    if (existing.length === 0) return made;
    return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...existing) }, { weight: 1, arbitrary: made });
  };
  const ofSchema = (schema: Schema, field: string): fc.Arbitrary<unknown> => {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const options = schema.anyOf ?? schema.oneOf;
    if (options) return fc.oneof(...options.map((option) => of(option, field)));
    switch (schema.type) {
      case 'object':
        return ofObject(schema);
      case 'array':
        return fc.array(of(schema.items ?? {}, field), {
          minLength: schema.minItems ?? 0,
          maxLength: Math.min(schema.maxItems ?? 4, (schema.minItems ?? 0) + 3),
        });
      case 'string':
        return texts(schema);
      case 'integer':
        return integers(schema);
      case 'number':
        return fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return fc.jsonValue();
    }
  };
  const ofObject = (schema: Schema): fc.Arbitrary<Record<string, unknown>> => {
    const fields: Record<string, fc.Arbitrary<unknown>> = {};
    for (const [name, field] of Object.entries(schema.properties ?? {})) fields[name] = of(field, name);
    const record = fc.record(fields, { requiredKeys: schema.required ?? [] });
    if (!schema.propertyNames || typeof schema.additionalProperties !== 'object') return record;
    const names = fc.oneof(fc.constantFrom(...(known.key ?? ['key']).map(String)), texts(schema.propertyNames));
    return fc.dictionary(names, of(schema.additionalProperties, ''), { maxKeys: 3 });
  };
  return ofObject(schemaOf(route));
}

function texts(schema: Schema): fc.Arbitrary<string> {
  if (schema.format === 'email') return fc.nat().map((n) => `fuzz${n}@siyu.test`);
  if (schema.format === 'uri') return fc.oneof(fc.webUrl(), fc.constantFrom(...awkwardUrls));
  if (schema.format === 'date') return fc.constantFrom(...awkwardDays);
  if (schema.format === 'date-time') return fc.constantFrom(...awkwardTimes);
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern));
  const { minLength = 0, maxLength = 60 } = schema;
  const plain = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom(...awkwardTexts));
  const longest = fc.constantFrom('长', 'a').map((letter) => letter.repeat(maxLength));
  return fc
    .oneof({ weight: 6, arbitrary: plain }, { weight: 1, arbitrary: longest })
    .map((text) => text.slice(0, maxLength).padEnd(minLength, 'x'));
}

function integers(schema: Schema): fc.Arbitrary<number> {
  const min = schema.minimum ?? (schema.exclusiveMinimum === undefined ? -1000 : schema.exclusiveMinimum + 1);
  const max = schema.maximum ?? Number.MAX_SAFE_INTEGER;
  return fc.oneof(fc.integer({ min, max: Math.min(max, min + 50) }), fc.constantFrom(min, max));
}
