import type { Reader } from './reader.ts';
import { fault, type Token } from './tokens.ts';

/** A number token as an integer or a float: a point, an exponent, inf or nan make a float. */
export const numberOf = (token: Token): { kind: 'int'; value: bigint } | { kind: 'float'; value: number } => {
  const text = token.text.replace(/^\+/, '');
  if (/^-?\d+$/.test(text)) return { kind: 'int', value: BigInt(text) };
  if (text.endsWith('nan')) return { kind: 'float', value: Number.NaN };
  if (text.endsWith('inf')) return { kind: 'float', value: text.startsWith('-') ? -Infinity : Infinity };
  return { kind: 'float', value: Number(text) };
};

/** Bytes from base64 in quotes. Errors: `text/syntax`. */
export const parseBase64 = (reader: Reader): Uint8Array => {
  const token = reader.next();
  if (token.kind !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(token.text)) fault(token, 'expected base64 in quotes');
  return Uint8Array.from(Buffer.from(token.text, 'base64'));
};
