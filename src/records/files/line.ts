import type { StoreRecord } from '../../contracts/index.ts';
import { maxRecordBytes, seal, unseal, type Unsealed } from '../sealed.ts';

const prefix = '{"sha256":"';
const middle = '","record":';
const bodyStart = prefix.length + 64 + middle.length;

/** Longest line that is read. */
export const maxLineBytes = maxRecordBytes + bodyStart + 2;

/** A record as one line of the journal: `{"sha256":"…","record":…}`. Errors: as `seal`. */
export const writeLine = (record: StoreRecord): string => {
  const { body, sha256 } = seal(record);
  return `${prefix}${sha256}${middle}${body}}\n`;
};

/** Read a line back, without its newline. */
export const readLine = (line: string): Unsealed => {
  if (!line.startsWith(prefix) || !line.startsWith(middle, prefix.length + 64) || !line.endsWith('}'))
    return { ok: false, why: 'this is not a line that a store writes' };
  return unseal({ body: line.slice(bodyStart, -1), sha256: line.slice(prefix.length, prefix.length + 64) });
};
