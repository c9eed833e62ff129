import { createHash } from 'node:crypto';
import type { Digest, Example, Value } from '../contracts/index.ts';

const hex = (parts: Iterable<string | Uint8Array>): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

const bytesOf = (value: Value): Uint8Array | string => {
  const { data } = value;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : JSON.stringify(data);
};

const tensorsOf = (example: Example): readonly (readonly [string, string, readonly number[], string])[] =>
  Object.entries(example.tensors ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, value.dtype, value.dims, hex([bytesOf(value)])] as const);

/** What only some tasks have, so that the digests of all others stay what they are. */
const extrasOf = ({ words, choices, image, document }: Example): readonly unknown[] =>
  words === undefined && choices === undefined && image === undefined && document === undefined
    ? []
    : [{ words, choices, image: image?.digest, document }];

const goldOf = ({ gold }: Example): readonly unknown[] =>
  gold === undefined
    ? []
    : [
        typeof gold === 'object' && 'outputs' in gold
          ? tensorsOf({ id: '', label: null, groups: {}, tensors: gold.outputs as NonNullable<Example['tensors']> })
          : gold,
      ];

const sortedGroups = (example: Example): readonly (readonly [string, string])[] =>
  Object.entries(example.groups).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Upper and lower case, compatibility forms and white space folded: "ＨＥＬＬＯ  Straße " → "hello strasse".
 *  Source: Unicode NFKC; full case folding by way of upper case. */
export const normalizeText = (text: string): string =>
  text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();

/** What an example says, without its id, label and groups: equal for examples that differ in case, width or white space only. */
export const contentKey = (example: Example): string => {
  const tensors = tensorsOf(example);
  if (tensors.length > 0) return hex([JSON.stringify(tensors)]);
  return JSON.stringify([
    normalizeText(example.text ?? ''),
    example.pair === undefined ? null : normalizeText(example.pair),
    ...extrasOf({
      ...example,
      ...(example.words === undefined ? {} : { words: example.words.map(normalizeText) }),
      ...(example.choices === undefined ? {} : { choices: example.choices.map(normalizeText) }),
    }),
  ]);
};

/** sha256 over the examples in their order: id, texts, right answer, groups, tensors and pictures. The same texts read from CSV, JSONL or Parquet
 *  give the same digest; tensors count with their dtype, so JSON numbers and a float32 array differ. */
export const digestExamples = (examples: readonly Example[]): Digest => {
  const hash = createHash('sha256');
  for (const example of examples) {
    const line = [
      example.id,
      example.text ?? null,
      example.pair ?? null,
      example.label,
      sortedGroups(example),
      tensorsOf(example),
      ...extrasOf(example),
      ...goldOf(example),
    ];
    hash.update(JSON.stringify(line)).update('\n');
  }
  return `sha256:${hash.digest('hex')}`;
};

/** A number in [0, 1) for this content and seed, the same in every row order. */
export const lot = (seed: number, label: string, content: string): number =>
  Number.parseInt(hex([`${seed}\n${label}\n${content}`]).slice(0, 13), 16) / 2 ** 52;
