/** The API document, read for people: operations, their fields, an example, a command line. */
import type { Document, Operation, Parameter, Schema } from '../../api/document';

export type Entry = { id: string; method: string; path: string; tag: string; operation: Operation };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Every operation that a company can use, in the order of the document. Operators have pages of their own. */
export function entries(document: Pick<Document, 'paths'>): Entry[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (!operation || operation.security?.some((way) => 'operator' in way) || path.startsWith('/v1/operator/'))
        return [];
      return [{ id: operation.operationId, method, path, tag: operation.tags?.[0] ?? 'other', operation }];
    }),
  );
}

/** The first sentence names the operation, what follows explains it. */
export function wordsOf(operation: Operation): { title: string; more: string } {
  const whole = operation.description ?? operation.summary ?? operation.operationId;
  const [, title = whole, more = ''] = /^(.+?[.:])\s+([\s\S]*)$/.exec(whole) ?? [];
  return { title: title.replace(/[.:]$/, ''), more };
}

/** Those whose path, name or words contain every typed word. */
export function search(all: Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hay = (one: Entry) =>
    `${one.method} ${one.path} ${one.id} ${one.tag} ${one.operation.summary ?? ''} ${one.operation.description ?? ''}`.toLowerCase();
  return all.filter((one) => words.every((word) => hay(one).includes(word)));
}

/** By tag, in the order in which tags first occur. */
export function byTag(all: Entry[]): [string, Entry[]][] {
  const tags = new Map<string, Entry[]>();
  for (const one of all) tags.set(one.tag, [...(tags.get(one.tag) ?? []), one]);
  return [...tags];
}

export type Ways = { scope: string | null; key: boolean; person: boolean; seatToken: boolean; open: boolean };

/** Who may call it: a key with which scope, a signed-in person, a seat token, anybody. */
export function waysOf({ security = [] }: Operation): Ways {
  const key = security.find((way) => 'api_key' in way);
  return {
    scope: key?.api_key?.[0] ?? null,
    key: key !== undefined,
    person: security.some((way) => 'user' in way),
    seatToken: security.some((way) => 'seat_token' in way),
    open: security.length === 0 || security.some((way) => Object.keys(way).length === 0),
  };
}

const nameOf = (ref: string): string => ref.split('/').at(-1) ?? ref;

/** The schema behind a reference, and its name. */
export function resolved(document: Document, schema: Schema): { schema: Schema; name: string | null } {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return { schema: document.components.schemas[name] ?? {}, name };
  }
  // "This or nothing" is written as a choice of two.
  const real = schema.oneOf?.filter((one) => one.type !== 'null');
  const [only] = real ?? [];
  if (real?.length === 1 && only) return resolved(document, only);
  return { schema, name: null };
}

/** A type in few words: `string`, `list of Seat`, `"read" | "write"`. */
export function typeOf(document: Document, given: Schema): string {
  const { schema, name } = resolved(document, given);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter((one) => one && one !== 'null');
  if (types.includes('array')) return `[${schema.items ? typeOf(document, schema.items) : ''}]`;
  if (name) return name;
  const type = types[0] ?? 'any';
  return schema.format === 'date-time' ? 'time' : type;
}

export type FieldRow = {
  name: string;
  type: string;
  required: boolean;
  text: string;
  /** Fields of the object that stands here, or of the objects in the list that stands here. */
  inner: FieldRow[];
};

/** The fields of an object, those within included; a shape within itself is not repeated. */
export function fieldsOf(document: Document, given: Schema, seen: readonly string[] = []): FieldRow[] {
  const { schema, name } = resolved(document, given);
  if (name && seen.includes(name)) return [];
  const path = name ? [...seen, name] : seen;
  if (schema.items) return fieldsOf(document, schema.items, path);
  return Object.entries(schema.properties ?? {}).map(([field, one]) => ({
    name: field,
    type: typeOf(document, one),
    required: schema.required?.includes(field) ?? false,
    text: one.description ?? resolved(document, one).schema.description ?? '',
    inner: fieldsOf(document, one, path),
  }));
}

/** An example of the shape; a field's kind decides what stands there. */
export function exampleOf(document: Document, given: Schema, seen: readonly string[] = []): unknown {
  const { schema, name } = resolved(document, given);
  if (name && seen.includes(name)) return null;
  const path = name ? [...seen, name] : seen;
  if (schema.enum) return schema.enum[0];
  const type = (Array.isArray(schema.type) ? schema.type : [schema.type]).find((one) => one && one !== 'null');
  if (type === 'array') return schema.items ? [exampleOf(document, schema.items, path)] : [];
  if (schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([field, one]) => [field, sample(document, field, one, path)]),
    );
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  if (schema.format === 'date-time') return '2026-03-01T09:00:00Z';
  return type === 'string' ? 'text' : null;
}

/** What a field is called tells more of it than its type. */
function sample(document: Document, field: string, schema: Schema, seen: readonly string[]): unknown {
  const prefix = /`(\w+)_\.\./.exec(schema.description ?? '')?.[1];
  const known = WELL_KNOWN[field];
  if (prefix && typeOf(document, schema) === 'string') return `${prefix}_01jzk3f8q5v7w9x2c4d6e8g0h1`;
  if (known !== undefined && typeOf(document, schema) === typeof known) return known;
  if (field === 'scopes') return ['seats:read'];
  if (field === 'networks') return ['203.0.113.0/24'];
  if (field === 'origins') return ['https://crm.example.com'];
  return exampleOf(document, schema, seen);
}

const WELL_KNOWN: Record<string, unknown> = {
  email: 'mei@example.com',
  name: 'Mei Chen',
  label: 'Front desk',
  extension: '101',
  e164: '+14155550100',
  number: '+14155550100',
  country: 'US',
  timezone: 'America/Los_Angeles',
  url: 'https://hooks.example.com/patchbay',
};

export const bodyOf = (operation: Operation): Schema | null =>
  operation.requestBody?.content['application/json']?.schema ?? null;

/** The first good answer: its status and shape. */
export function answerOf(operation: Operation): { status: string; schema: Schema | null } | null {
  const status = Object.keys(operation.responses).find((one) => one.startsWith('2'));
  if (!status) return null;
  return { status, schema: operation.responses[status]?.content?.['application/json']?.schema ?? null };
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A command line that works once the key is in `PATCHBAY_KEY`. */
export function curlOf(document: Document, entry: Entry, origin: string): string {
  const { operation, method } = entry;
  const ways = waysOf(operation);
  const needed = (operation.parameters ?? []).filter((one) => one.in === 'query' && one.required);
  const query = needed.map((one) => `${one.name}=…`).join('&');
  const path = entry.path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}"${origin}${path}${query && `?${query}`}"`,
  ];
  if (!ways.open) lines.push(`-H "Authorization: Bearer $${bearerName(ways)}"`);
  if (takesKey(operation)) lines.push('-H "Idempotency-Key: $(uuidgen)"');
  const body = bodyOf(operation);
  if (body) {
    lines.push(
      '-H "Content-Type: application/json"',
      `-d ${quoted(JSON.stringify(exampleOf(document, body), null, 2))}`,
    );
  }
  return lines.join(' \\\n  ');
}

const bearerName = (ways: Ways): string => (ways.key ? 'PATCHBAY_KEY' : ways.seatToken ? 'SEAT_TOKEN' : 'ACCESS_TOKEN');

/** Whether repeating it with an `Idempotency-Key` is answered, not done again. */
export const takesKey = (operation: Operation): boolean =>
  operation.parameters?.some((one) => one.name === 'Idempotency-Key') ?? false;

/** Parameters in the path and the query; headers have their own words. */
export const paramsOf = (operation: Operation): Parameter[] =>
  (operation.parameters ?? []).filter((one) => one.in !== 'header');

/** Problems that the operation can answer with, by status. What every operation can meet comes last. */
export function problemsOf(entry: Entry): [number, string[]][] {
  const { operation } = entry;
  const ways = waysOf(operation);
  const rows: [number, string[]][] = [];
  const body = bodyOf(operation) !== null;
  const asks = operation.parameters?.some((one) => one.in === 'query') ?? false;
  if (body || asks) rows.push([400, [...(body ? ['bad_json'] : []), ...(asks ? ['bad_query'] : [])]]);
  if (!ways.open)
    rows.push([
      401,
      ['unauthenticated', ...(ways.key ? ['key_unknown', 'key_expired', 'key_revoked', 'key_rotated'] : [])],
    ]);
  const refused = [
    ...(ways.scope ? ['forbidden', 'scope_missing', 'address_refused'] : []),
    ...(!ways.key && !ways.open ? ['person_required'] : []),
    ...(entry.method !== 'get' && !ways.open ? ['suspended'] : []),
  ];
  if (refused.length > 0) rows.push([403, refused]);
  if (entry.path.includes('{')) rows.push([404, ['not_found']]);
  if (takesKey(operation)) rows.push([409, ['conflict', 'limit_reached', 'idempotency_in_flight']]);
  if (body) rows.push([415, ['unsupported_media_type']]);
  if (body || takesKey(operation))
    rows.push([422, [...(body ? ['validation'] : []), ...(takesKey(operation) ? ['idempotency_mismatch'] : [])]]);
  if (ways.key || ways.seatToken) rows.push([429, ['rate_limited']]);
  rows.push([503, ['busy']]);
  return rows;
}
