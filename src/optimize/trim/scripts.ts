/** Writing systems with a vocabulary of their own in common tokenizers; the rest counts as one. Source: Unicode property Script. */
const names = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Syriac',
  'Thaana',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Tibetan',
  'Myanmar',
  'Georgian',
  'Hangul',
  'Ethiopic',
  'Khmer',
  'Mongolian',
  'Hiragana',
  'Katakana',
  'Han',
];
const scripts = names.map((name) => [name, new RegExp(`^\\p{Script=${name}}`, 'u')] as const);
const shared = /^[\p{Script=Common}\p{Script=Inherited}]/u;
const known = new Map<string, string>();

/** The writing system of a character: digits, punctuation, marks and symbols are "Common", rare systems "other". */
export const scriptOf = (character: string): string => {
  const before = known.get(character);
  if (before !== undefined) return before;
  const script = shared.test(character)
    ? 'Common'
    : (scripts.find(([, pattern]) => pattern.test(character))?.[0] ?? 'other');
  known.set(character, script);
  return script;
};

/** Writing systems that make up at least `share` of the characters of tokens, weighted by how often each occurs. */
export const scriptsIn = (
  tokens: Iterable<readonly [text: string, count: number]>,
  share: number,
): ReadonlySet<string> => {
  const counts = new Map<string, number>();
  let total = 0;
  for (const [text, count] of tokens)
    for (const character of text) {
      const script = scriptOf(character);
      counts.set(script, (counts.get(script) ?? 0) + count);
      total += count;
    }
  return new Set([...counts].filter(([, count]) => count >= share * total).map(([script]) => script));
};
