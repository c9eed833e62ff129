import type { Counts } from './frequency.ts';
import type { TokenizerFile } from './tokenizer/file.ts';

/** 31254528 → "31.3 MB". */
export const sizeText = (bytes: number): string =>
  bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : bytes >= 1e3 ? `${(bytes / 1e3).toFixed(1)} kB` : `${bytes} bytes`;

const percent = (part: number, whole: number): string =>
  part === 0 ? '0 %' : `${((100 * part) / whole).toPrecision(2)} %`;
const grouped = (count: number): string => count.toLocaleString('en-US');

export interface Loss {
  /** Occurrences of tokens, special ones and padding apart. */
  readonly total: number;
  /** Occurrences of tokens that are gone: their text now splits into others, or is unknown. */
  readonly split: number;
  readonly unknown: number;
  /** The most frequent gone tokens as text, those that became unknown first. */
  readonly examples: readonly string[];
}

const mostExamples = 5;

/** What data loses with the tokens that go. `reads` tells whether a gone token's text still splits into kept ones. */
export const lossOf = (
  counts: Counts,
  kept: ReadonlySet<number>,
  ignored: ReadonlySet<number>,
  reads: (id: number) => boolean,
  text: (id: number) => string,
): Loss => {
  let [total, split, unknown] = [0, 0, 0];
  const gone: { readonly id: number; readonly count: number; readonly lost: boolean }[] = [];
  for (const [id, count] of counts) {
    if (ignored.has(id)) continue;
    total += count;
    if (kept.has(id)) continue;
    const lost = !reads(id);
    if (lost) unknown += count;
    else split += count;
    gone.push({ id, count, lost });
  }
  const first = gone.toSorted((a, b) => Number(b.lost) - Number(a.lost) || b.count - a.count || a.id - b.id);
  return { total, split, unknown, examples: first.slice(0, mostExamples).map(({ id }) => text(id)) };
};

/** The loss as a sentence. `where`: "the data that chose the tokens". */
export const lossText = ({ total, split, unknown, examples }: Loss, where: string, rewritten: boolean): string => {
  if (split + unknown === 0) return `nothing in ${where} changes: all of its ${grouped(total)} tokens stay`;
  const words = examples.map((one) => JSON.stringify(one)).join(', ');
  const parts = rewritten
    ? `${percent(split, total)} split into smaller kept ones, ${percent(unknown, total)} become unknown`
    : `${percent(split + unknown, total)} are read as unknown`;
  return `of the ${grouped(total)} tokens of ${where}, ${parts}, for example ${words}`;
};

/** How a token is shown. */
export const tokenText = (tokenizer: TokenizerFile | null, texts: ReadonlyMap<number, string>) => {
  return (id: number): string => {
    const token = texts.get(id);
    return token === undefined || tokenizer === null ? `id ${id}` : tokenizer.model.text(token);
  };
};
