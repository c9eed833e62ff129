import { expect, test } from 'vitest';
import { isId, keptVocabulary, list, parseJson, printJson, record, vocabularyOf } from './json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (of: Uint8Array): string => new TextDecoder().decode(of);

test('what is no object or list reads as an empty one', () => {
  expect([record(null), record([1]), record('a')]).toEqual([{}, {}, {}]);
  expect([list(null), list({ a: 1 })]).toEqual([[], []]);
  expect([0, 7, -1, 1.5, '3', null].map(isId)).toEqual([true, true, false, false, false, false]);
});

test('a vocabulary is an object of tokens with ids of their own', () => {
  expect(vocabularyOf({ a: 1, b: 0 })).toEqual(
    new Map([
      ['a', 1],
      ['b', 0],
    ]),
  );
  expect(vocabularyOf([['a', 1]])).toMatch(/no list of tokens/);
  expect(vocabularyOf({ a: 1, b: 1 })).toMatch(/id 1 to two tokens/);
  expect(vocabularyOf({ a: -1 })).toMatch(/"a" is no whole number/);
});

test('keeps what has a new id, also tokens with names that objects have by themselves', () => {
  const ids = vocabularyOf(JSON.parse('{"__proto__": 0, "constructor": 1, "a": 2}'));
  const kept = keptVocabulary(
    ids as ReadonlyMap<string, number>,
    new Map([
      [0, 0],
      [2, 1],
    ]),
  );
  expect(JSON.stringify(kept)).toBe('{"__proto__":0,"a":1}');
});

test('files keep their indent, and "no limit" its digits', () => {
  const before = '{\n  "model_max_length": 1000000000000000019884624838656,\n  "a": [\n    1\n  ]\n}\n';
  const parsed = parseJson(bytes(before)) as { value: unknown; indent: number };
  expect(text(printJson(parsed.value, parsed.indent))).toBe(before);
  expect(text(printJson({ a: 1 }, 0))).toBe('{"a":1}\n');
  expect(parseJson(bytes('{'))).toMatch(/JSON/);
  expect(parseJson(Uint8Array.of(0xff, 0x22))).toEqual(expect.any(String));
});
