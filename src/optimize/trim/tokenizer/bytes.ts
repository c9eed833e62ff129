/** The characters that byte-level tokenizers write bytes as: printable ones stand for themselves, the others follow from U+0100.
 *  Shapes: index = byte. Source: GPT-2's encoder, bytes_to_unicode. */
export const byteCharacters: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCodePoint(printable ? byte : next++);
  });
})();

const byteOf = new Map(byteCharacters.map((character, byte) => [character, byte]));

/** The text behind a byte-level token; the token itself where its bytes are no whole characters. */
export const byteText = (token: string): string => {
  const bytes = Array.from(token, (character) => byteOf.get(character));
  if (bytes.includes(undefined)) return token;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes as number[]));
  } catch {
    return token;
  }
};

/** How a tokenizer with byte fallback writes a byte. Source: SentencePiece. */
export const fallbackPiece = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** The ids of the 256 byte pieces; null unless all are there: readers then use none of them. */
export const fallbackIds = (ids: ReadonlyMap<string, number>): readonly number[] | null => {
  const found = Array.from({ length: 256 }, (_, byte) => ids.get(fallbackPiece(byte)));
  return found.includes(undefined) ? null : (found as number[]);
};
