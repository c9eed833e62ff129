import { expect, test } from 'vitest';
import { z } from 'zod';
import { check } from './check.ts';
import { locate } from './located.ts';

const schema = z.strictObject({
  name: z.string(),
  kind: z.enum(['classification', 'regression']),
  rows: z.int().min(1).optional(),
  must: z
    .array(z.strictObject({ metric: z.string(), 'at-most': z.number().optional() }).describe('one'))
    .max(9)
    .optional(),
});

const fault = (text: string): string => {
  try {
    check(locate('s.yaml', text, 'x/yaml', 'h'), schema, { code: 'x/invalid', hint: 'h' });
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

test('a key that is missing, and a value of the wrong kind, in words and with its place', () => {
  expect(fault('kind: regression')).toBe('s.yaml:1:1: name: is missing; expected a text');
  expect(fault('name: [a]\nkind: regression')).toBe('s.yaml:1:7: name: expected a text, found a list');
  expect(fault('')).toBe('s.yaml: the file: expected keys with values (key: value), found nothing');
  expect(fault('hello')).toBe('s.yaml:1:1: the file: expected keys with values (key: value), found a text');
});

test('a word that is not one of those that are known: the near one first, then all', () => {
  expect(fault('name: a\nkind: clasification')).toBe(
    's.yaml:2:7: kind: "clasification" is not known; did you mean "classification"? All are: classification, regression',
  );
  expect(fault('name: a\nkind: other')).toContain('"other" is not known; expected one of: classification, regression');
});

test('an unknown key inside a list is told with its place, the item and the near key', () => {
  expect(fault('name: a\nkind: regression\nmust:\n  - { metric: a }\n  - { metric: b, at-mots: 1 }')).toBe(
    's.yaml:5:18: unknown key "at-mots" in must[1]; did you mean "at-most"?',
  );
});

test('what a schema says in words of its own stays', () => {
  expect(fault('name: a\nkind: regression\nrows: 0')).toMatch(/^s\.yaml:3:7: rows: .*1/);
});
