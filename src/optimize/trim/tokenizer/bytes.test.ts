import { expect, test } from 'vitest';
import { byteCharacters, byteText, fallbackIds, fallbackPiece } from './bytes.ts';

test('256 different characters; GPT-2 writes a space as Ġ and a line end as Ċ', () => {
  expect(new Set(byteCharacters).size).toBe(256);
  expect([
    byteCharacters[0x20],
    byteCharacters[0x0a],
    byteCharacters[0x41],
    byteCharacters[0xff],
    byteCharacters[0xad],
  ]).toEqual(['Ġ', 'Ċ', 'A', 'ÿ', 'Ń']);
});

test('reads tokens back, and leaves halves of characters alone', () => {
  expect(byteText('Ġcaf\u00c3\u00a9')).toBe(' café');
  expect(byteText('\u00c3')).toBe('\u00c3');
  expect(byteText('東')).toBe('東');
});

test('byte pieces count only together', () => {
  const all = new Map(Array.from({ length: 256 }, (_, byte) => [fallbackPiece(byte), byte + 3]));
  expect(fallbackPiece(10)).toBe('<0x0A>');
  expect(fallbackIds(all)?.slice(0, 3)).toEqual([3, 4, 5]);
  all.delete('<0xFF>');
  expect(fallbackIds(all)).toBeNull();
});
