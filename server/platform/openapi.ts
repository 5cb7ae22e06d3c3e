import { z } from 'zod';
import { errorStatus, pathNames, type Route, routes } from '#contract';

type Json = { [key: string]: unknown };

/** OpenAPI 3.1 of the contract. Schemas say what a caller writes and reads: inputs before defaults, outputs after. */
export function describeApi(options: { version: string; publicUrl: string }): Json {
  const paths: Record<string, Json> = {};
  const schemas: Record<string, unknown> = { Error: errorSchema };
  for (const { group, name, route } of routes) {
    const path = route.path.replace(/:([a-zA-Z]+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = describeRoute(group, name, route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'siyu',
      version: options.version,
      description:
        'Times are ISO 8601 with offset. Lists are paged: pass `next` of one page as `after` of the next. A refusal has the form of `Error`; its `code` is stable.',
    },
    servers: [{ url: options.publicUrl }],
    security: [{ key: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        session: { type: 'apiKey', in: 'cookie', name: 'siyu.session_token' },
      },
      schemas,
    },
  };
}

function describeRoute(group: string, name: string, route: Route, schemas: Record<string, unknown>): Json {
  const input = toSchema(route.input, 'input');
  const properties = (input.properties ?? {}) as Record<string, Json>;
  const required = new Set((input.required ?? []) as string[]);
  const inPath = pathNames(route.path);
  const inQuery = route.method === 'GET' || route.bytes === 'in';
  const elsewhere = Object.keys(properties).filter((key) => !inPath.includes(key));
  const parameters = [
    ...inPath.map((key) => ({ name: key, in: 'path', required: true, schema: properties[key] ?? {} })),
    ...(inQuery ? elsewhere : []).map((key) => ({
      name: key,
      in: 'query',
      required: required.has(key),
      schema: properties[key],
    })),
  ];
  const ownErrors = (route.errors ?? []).map((code) => `\`${code}\` (${errorStatus[code]})`);
  return {
    operationId: name,
    tags: [group],
    summary: route.summary,
    description: [
      `Permission: \`${route.permission}\`.`,
      ownErrors.length ? `Refuses with ${ownErrors.join(', ')}.` : '',
    ]
      .join(' ')
      .trim(),
    ...(route.permission === 'public' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...describeBody(route, input, elsewhere, inQuery),
    responses: {
      200: { description: 'Done', content: describeAnswer(name, route, schemas) },
      default: {
        description: 'Refused',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function describeBody(route: Route, input: Json, names: readonly string[], inQuery: boolean): Json {
  if (route.bytes === 'in') {
    return {
      requestBody: {
        required: true,
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
    };
  }
  if (inQuery || names.length === 0) return {};
  const properties = (input.properties ?? {}) as Record<string, Json>;
  const required = ((input.required ?? []) as string[]).filter((key) => names.includes(key));
  const schema = {
    type: 'object',
    properties: Object.fromEntries(names.map((key) => [key, properties[key]])),
    ...(required.length > 0 ? { required } : {}),
  };
  return { requestBody: { required: true, content: { 'application/json': { schema } } } };
}

function describeAnswer(name: string, route: Route, schemas: Record<string, unknown>): Json {
  if (route.bytes === 'out' || route.page) return { '*/*': { schema: { type: 'string', format: 'binary' } } };
  // What an answer repeats inside itself stands beside the other schemas: references begin at the root of the document.
  const text = JSON.stringify(toSchema(route.output, 'output')).replaceAll(
    '"#/$defs/',
    `"#/components/schemas/${name}.`,
  );
  const { $defs, ...schema } = JSON.parse(text) as Json;
  for (const [key, part] of Object.entries($defs ?? {})) schemas[`${name}.${key}`] = part;
  return { 'application/json': { schema } };
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return json;
}

const errorSchema: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'requestId'],
      properties: {
        code: { type: 'string', enum: Object.keys(errorStatus) },
        message: { type: 'string' },
        requestId: { type: 'string' },
        fields: {
          type: 'array',
          items: {
            type: 'object',
            properties: { path: { type: 'string' }, problem: { type: 'string' }, message: { type: 'string' } },
          },
        },
        details: { type: 'object' },
      },
    },
  },
};
