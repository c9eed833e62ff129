import { createHash } from 'node:crypto';
import type { StoreRecord } from '../../contracts/index.ts';
import { canonicalJson, parseCanonical } from '../canonical.ts';

/** Longest line that is written or read. */
export const maxLineBytes = 64 * 1024 * 1024;

const prefix = '{"sha256":"';
const middle = '","record":';
const bodyStart = prefix.length + 64 + middle.length;
const sum = (body: string): string => createHash('sha256').update(body).digest('hex');

/** A record as one line of the journal: `{"sha256":"…","record":…}`. The checksum covers the record's text,
 *  so that a flipped bit in a number is noticed and not believed. */
export const writeLine = (record: StoreRecord): string => {
  const body = canonicalJson(record);
  return `${prefix}${sum(body)}${middle}${body}}\n`;
};

export type ParsedLine =
  { readonly ok: true; readonly record: StoreRecord } | { readonly ok: false; readonly why: string };

const damaged = (why: string): ParsedLine => ({ ok: false, why });

/** Read a line back, without its newline. Kinds and fields that this version does not know are kept as they are. */
export const readLine = (line: string): ParsedLine => {
  if (!line.startsWith(prefix) || !line.startsWith(middle, prefix.length + 64) || !line.endsWith('}'))
    return damaged('this is not a line that a store writes');
  const body = line.slice(bodyStart, -1);
  if (sum(body) !== line.slice(prefix.length, prefix.length + 64)) return damaged('the checksum does not match');
  let record: unknown;
  try {
    record = parseCanonical(body);
  } catch {
    return damaged('the record is not JSON');
  }
  const { key, kind } = (record ?? {}) as { key?: unknown; kind?: unknown };
  if (typeof key !== 'string' || typeof kind !== 'string') return damaged('the record has no key or no kind');
  return { ok: true, record: record as StoreRecord };
};
