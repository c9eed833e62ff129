import { createHash } from 'node:crypto';
import type { Digest } from '../contracts/index.ts';

/** Deeper than any record or key; a cycle ends here instead of never. */
const maxDepth = 200;

/** JSON has no infinities and no NaN; they travel as `{"$number":"Infinity"}` so that nothing turns into null unnoticed. */
const numberText = (value: number): string => {
  if (Number.isFinite(value)) return JSON.stringify(value);
  return `{"$number":${JSON.stringify(String(value))}}`;
};

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
};

const write = (value: unknown, where: string, depth: number): string | undefined => {
  if (depth > maxDepth) throw new TypeError(`${where}: deeper than ${maxDepth} levels, or a cycle`);
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'boolean':
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return numberText(value);
    case 'object':
      break;
    default:
      throw new TypeError(`${where}: a ${typeof value} has no JSON form`);
  }
  if (value === null) return 'null';
  if (Array.isArray(value))
    return `[${value.map((item, index) => write(item, `${where}[${index}]`, depth + 1) ?? 'null').join(',')}]`;
  if (!isPlain(value)) throw new TypeError(`${where}: a ${value.constructor.name} has no JSON form`);
  const parts: string[] = [];
  for (const key of Object.keys(value).toSorted()) {
    const text = write((value as Record<string, unknown>)[key], `${where}.${key}`, depth + 1);
    if (text !== undefined) parts.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${parts.join(',')}}`;
};

/** JSON with keys in UTF-16 order and no spaces: equal values give equal text, whatever order they were built in.
 *  Keys whose value is undefined are left out; infinities and NaN survive (read them back with `parseCanonical`).
 *  Errors: TypeError for what JSON cannot hold (functions, bigint, Map, Date, typed arrays, cycles), naming the place.
 *  Source: RFC 8785 (JSON Canonicalization Scheme), plus the number extension above. */
export const canonicalJson = (value: unknown): string => {
  const text = write(value, 'value', 0);
  if (text === undefined) throw new TypeError('value: undefined has no JSON form');
  return text;
};

const reviveNumber = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const text = (value as { $number?: unknown }).$number;
  if (typeof text !== 'string' || Object.keys(value).length !== 1) return value;
  return text === 'Infinity' || text === '-Infinity' || text === 'NaN' ? Number(text) : value;
};

/** The value that `canonicalJson` wrote. Errors: SyntaxError as JSON.parse. */
export const parseCanonical = (text: string): unknown =>
  text.includes('"$number"') ? JSON.parse(text, reviveNumber) : JSON.parse(text);

/** `sha256:` and the hex digest of these bytes or of this text in UTF-8. */
export const digestOfBytes = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The digest of a value: sha256 over its canonical JSON. Values that are equal as JSON have equal digests. */
export const digestOf = (value: unknown): Digest => digestOfBytes(canonicalJson(value));
