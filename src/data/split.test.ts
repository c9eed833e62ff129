import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example } from '../contracts/index.ts';
import { contentKey, digestExamples, normalizeText } from './canonical.ts';
import { overlap, refuseOverlap } from './overlap.ts';
import { splitHoldback } from './split.ts';

const example = (at: number, text: string, label: string | null): Example => ({
  id: String(at),
  text,
  label,
  groups: {},
});
const many = Array.from({ length: 1000 }, (_, at) =>
  example(at + 1, `text number ${at}`, ['a', 'a', 'a', 'b', 'b', 'c'][at % 6]!),
);
const texts = (examples: readonly Example[]): string[] => examples.map(({ text }) => text!).toSorted();
const shareOf = (examples: readonly Example[], label: string): number =>
  examples.filter((one) => one.label === label).length;

test('sets the right share aside, stratified, in the order of the data', () => {
  const { evaluation, holdback } = splitHoldback(many, 0.3, 7);
  expect(holdback).toHaveLength(300);
  expect(evaluation).toHaveLength(700);
  for (const label of ['a', 'b', 'c'])
    expect(Math.abs(shareOf(holdback, label) - 0.3 * shareOf(many, label))).toBeLessThanOrEqual(1);
  expect(holdback.map(({ id }) => Number(id))).toEqual(holdback.map(({ id }) => Number(id)).toSorted((a, b) => a - b));
});

test('content and seed decide, not row order or row numbers', () => {
  const one = splitHoldback(many, 0.5, 7);
  const turned = many.toReversed().map((row, at) => ({ ...row, id: String(at) }));
  expect(texts(splitHoldback(turned, 0.5, 7).holdback)).toEqual(texts(one.holdback));
  expect(texts(splitHoldback(many, 0.5, 8).holdback)).not.toEqual(texts(one.holdback));
});

test('rows with the same content stay together, so the parts never overlap', () => {
  const word = fc.constantFrom('Hello', 'hello ', 'hi', 'HI', 'bye', 'x', 'y', 'z');
  const rows = fc.array(fc.tuple(word, fc.constantFrom('a', 'b', null)), { minLength: 6, maxLength: 60 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: 99 }), (some, seed) => {
      const examples = some.map(([text, label], at) => example(at, text, label));
      let parts;
      try {
        parts = splitHoldback(examples, 0.5, seed);
      } catch {
        return;
      }
      expect(overlap(parts.evaluation, parts.holdback).count).toBe(0);
      expect(parts.evaluation.length + parts.holdback.length).toBe(examples.length);
    }),
    { seed: 21 },
  );
});

test('refuses to leave a part empty', () => {
  expect(() => splitHoldback([example(1, 'a', 'x')], 0.5, 1)).toThrowError(
    expect.objectContaining({ code: 'data/split' }),
  );
});

test('overlap is found by content: case, width and white space do not hide it', () => {
  const a = [example(1, 'Ｗhere is  my ORDER', 'x'), example(2, 'unique', 'x')];
  const b = [example(7, 'where is my order', 'y'), example(8, 'other', 'y'), example(9, 'STRASSE', 'y')];
  expect(overlap(a, b)).toEqual({ count: 1, first: [{ a: '1', b: '7', text: 'where is my order' }] });
  expect(normalizeText('Straße\u00a0\n')).toBe(normalizeText('STRASSE'));
  expect(() => refuseOverlap({ name: 'calibration', examples: a }, { name: 'evaluation', examples: b })).toThrowError(
    /1 example of the evaluation data also is in the calibration data: row 1 = row 7: "where is my order"/,
  );
  expect(() =>
    refuseOverlap({ name: 'calibration', examples: a.slice(1) }, { name: 'evaluation', examples: b }),
  ).not.toThrow();
});

test('tensors overlap when their bytes are equal; a pair is not its first text', () => {
  const tensor = (...numbers: number[]): Example => ({
    id: '1',
    tensors: { x: { dtype: 'float32', dims: [2], data: Float32Array.from(numbers) } },
    label: null,
    groups: {},
  });
  expect(overlap([tensor(1, 2)], [tensor(1, 2), tensor(2, 1)]).count).toBe(1);
  expect(contentKey({ ...example(1, 'a', null), pair: 'b' })).not.toBe(contentKey(example(1, 'a', null)));
});

test('the digest is about every field and the order', () => {
  const base = [example(1, 'a', 'x'), example(2, 'b', 'y')];
  const digests = [
    base,
    base.toReversed(),
    [base[0]!, { ...base[1]!, label: 'z' }],
    [base[0]!, { ...base[1]!, label: null }],
    [base[0]!, { ...base[1]!, pair: 'b' }],
    [base[0]!, { ...base[1]!, groups: { style: 'casual' } }],
    [base[0]!, { ...base[1]!, text: 'B' }],
    [base[0]!, { ...base[1]!, id: '3' }],
    base.slice(0, 1),
  ].map(digestExamples);
  expect(new Set(digests).size).toBe(digests.length);
  expect(digestExamples(base.map((one) => ({ ...one })))).toBe(digests[0]);
  expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test('data that is wholly inside another is told as the same file named twice', () => {
  const hint = (a: string[], b: string[]): unknown => {
    const of = (name: string, texts: string[]) => ({
      name,
      examples: texts.map((text, at) => example(at, text, null)),
    });
    try {
      return refuseOverlap(of('evaluation', a), of('holdback', b));
    } catch (error) {
      return (error as { hint?: string }).hint;
    }
  };
  expect(hint(['one', 'two'], ['one', 'two'])).toMatch(
    /wholly inside the evaluation data: is the same file named twice/,
  );
  expect(hint(['one', 'two'], ['one', 'three'])).toMatch(/remove them from the evaluation data/);
  expect(hint(['one'], ['two'])).toBeUndefined();
});
