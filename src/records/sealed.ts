import { createHash } from 'node:crypto';
import { SteelyardError, type StoreRecord } from '../contracts/index.ts';
import { canonicalJson, parseCanonical } from './canonical.ts';

/** Longest record that is written or read, as UTF-8 bytes of its text. */
export const maxRecordBytes = 64 * 1024 * 1024;

/** A record's text and its checksum, so that a flipped bit in a number is noticed and not believed. */
export interface Sealed {
  readonly body: string;
  /** 64 hex digits over the text in UTF-8. */
  readonly sha256: string;
}

const sum = (body: string): string => createHash('sha256').update(body).digest('hex');

/** A record as a store keeps it.
 *  Errors: TypeError for what is no record or cannot be JSON; `store/record-size` above `maxRecordBytes`. */
export const seal = (record: StoreRecord): Sealed => {
  if (typeof record.key !== 'string' || typeof record.kind !== 'string')
    throw new TypeError('a record needs a key and a kind');
  const body = canonicalJson(record);
  const bytes = Buffer.byteLength(body);
  if (bytes > maxRecordBytes)
    throw new SteelyardError(
      'store/record-size',
      `a ${record.kind} record of ${bytes} bytes is over the limit of ${maxRecordBytes}`,
      'large data belongs into an artifact',
    );
  return { body, sha256: sum(body) };
};

export type Unsealed =
  { readonly ok: true; readonly record: StoreRecord } | { readonly ok: false; readonly why: string };

const damaged = (why: string): Unsealed => ({ ok: false, why });

/** Read a record back. Kinds and fields that this version does not know are kept as they are. */
export const unseal = ({ body, sha256 }: Sealed): Unsealed => {
  if (sum(body) !== sha256) return damaged('the checksum does not match');
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
