import { readFile, stat } from 'node:fs/promises';
import { SteelyardError, type WordGradients } from '../../../contracts/index.ts';
import type { Neighbors } from './types.ts';

const fault = (path: string, what: string, cause?: unknown): SteelyardError =>
  new SteelyardError(
    'robustness/neighbors',
    `${path}: ${what}`,
    'expected JSON that gives a list of words for each word: {"good": ["fine", "decent"]}',
    { cause },
  );

const largestBytes = 256 * 1024 * 1024;

/** A replacement in the casing of the word that it stands for: "Good" → "Fine", "GOOD" → "FINE". */
export const inCasing = (word: string, replacement: string): string => {
  if (word === word.toLowerCase()) return replacement;
  if (word === word.toUpperCase() && Array.from(word).length > 1) return replacement.toUpperCase();
  const [first = '', ...rest] = Array.from(replacement);
  return first.toUpperCase() + rest.join('');
};

/** Look words up as they are, then in lower case. */
const looking =
  (found: (word: string) => readonly string[] | null): Neighbors =>
  (word) => {
    const lower = word.toLowerCase();
    const some = found(word) ?? (lower === word ? null : found(lower)) ?? [];
    return some.map((one) => inCasing(word, one)).filter((one) => one !== word);
  };

/** Neighbors from the contents of a file: an object from words to lists of words, the nearest first. Errors: `robustness/neighbors`. */
export const parseNeighbors = (path: string, text: string): Neighbors => {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw fault(path, `it is no valid JSON (${(cause as Error).message})`, cause);
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw fault(path, 'it holds no object');
  const table = new Map<string, readonly string[]>();
  for (const [word, list] of Object.entries(raw)) {
    if (!Array.isArray(list) || list.some((one) => typeof one !== 'string' || one.trim() === ''))
      throw fault(path, `the neighbors of "${word}" are no list of words`);
    table.set(word, list as string[]);
  }
  if (table.size === 0) throw fault(path, 'it names no word');
  return looking((word) => table.get(word) ?? null);
};

/** Read neighbors from disk. Errors: `robustness/neighbors`. */
export const readNeighbors = async (path: string): Promise<Neighbors> => {
  let text: string;
  try {
    if ((await stat(path)).size > largestBytes) throw new Error('the file is too large');
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw fault(path, `it cannot be read (${(cause as Error).message})`, cause);
  }
  return parseNeighbors(path, text);
};

/** Words whose products with the whole table are held in memory at once. */
const together = 32;

/** Neighbors of these words by the cosine of the model's own word embeddings: at most `most` per word, none below `least`. They know what
 *  the model was taught and nothing else: opposites can be neighbors. Words that are no single token have none. */
export const embeddingNeighbors = async (
  words: Iterable<string>,
  { table, width, word: nameOf, products }: WordGradients,
  least: number,
  most: number,
): Promise<Neighbors> => {
  const rows = table.length / width;
  const names = Array.from({ length: rows }, (_, token) => nameOf(token));
  const tokens = new Map<string, number>();
  for (const [token, name] of names.entries()) if (name !== null && !tokens.has(name)) tokens.set(name, token);
  const norms = new Float64Array(rows);
  for (let token = 0; token < rows; token++) {
    let sum = 0;
    for (let at = token * width; at < (token + 1) * width; at++) sum += table[at]! * table[at]!;
    norms[token] = Math.sqrt(sum);
  }
  const wanted = [...new Set([...words].flatMap((word) => [word, word.toLowerCase()]))].filter((word) =>
    tokens.has(word),
  );
  const found = new Map<string, readonly string[]>();
  for (let from = 0; from < wanted.length; from += together) {
    const some = wanted.slice(from, from + together);
    const vectors = new Float32Array(some.length * width);
    for (const [at, word] of some.entries()) {
      const token = tokens.get(word)!;
      vectors.set(table.subarray(token * width, (token + 1) * width), at * width);
    }
    const all = await products(vectors);
    for (const [at, word] of some.entries()) {
      const own = tokens.get(word)!;
      const near: { readonly name: string; readonly cosine: number }[] = [];
      for (const [token, name] of names.entries()) {
        const length = norms[token]! * norms[own]!;
        if (name === null || name === word || length === 0) continue;
        const cosine = all[at * rows + token]! / length;
        if (cosine >= least) near.push({ name, cosine });
      }
      near.sort((a, b) => b.cosine - a.cosine);
      found.set(
        word,
        near.slice(0, most).map(({ name }) => name),
      );
    }
  }
  return looking((word) => found.get(word) ?? null);
};
