/** Latin letters and a Cyrillic or Armenian letter that most fonts draw the same. Source: shapes in the Unicode code charts. */
const pairs: Readonly<Record<string, string>> = {
  a: '\u0430',
  c: '\u0441',
  d: '\u0501',
  e: '\u0435',
  h: '\u04bb',
  i: '\u0456',
  j: '\u0458',
  o: '\u043e',
  p: '\u0440',
  q: '\u051b',
  s: '\u0455',
  u: '\u057d',
  w: '\u051d',
  x: '\u0445',
  y: '\u0443',
  A: '\u0410',
  B: '\u0412',
  C: '\u0421',
  E: '\u0415',
  H: '\u041d',
  I: '\u0406',
  J: '\u0408',
  K: '\u041a',
  M: '\u041c',
  O: '\u041e',
  P: '\u0420',
  S: '\u0405',
  T: '\u0422',
  X: '\u0425',
};

/** The word with one letter written by one of another script that looks the same, for each letter that has one. */
export const lookalikes = (word: string): readonly string[] => {
  const letters = Array.from(word);
  return letters.flatMap((letter, at) => {
    const twin = pairs[letter];
    return twin === undefined ? [] : [letters.with(at, twin).join('')];
  });
};

/** Characters without a width: zero-width space, non-joiner, joiner. */
export const invisible = ['\u200b', '\u200c', '\u200d'] as const;
