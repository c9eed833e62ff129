import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../../statistics/index.ts';
import { readLists } from './lists-file.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'steelyard-lists-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));
const read = async (text: string) => {
  const path = join(folder, 'lists.yaml');
  await writeFile(path, text);
  return readLists(path);
};

test('any word for any, or the first for the first', async () => {
  const [customers, plans] = await read(`
kinds:
  customers: { groups: { german: [Hans], turkish: [Ali, Elif] } }
  plans: { aligned: true, groups: { cheap: [basic, free], dear: [premium, gold] } }
`);
  expect(customers!.name).toBe('customers');
  expect(customers!.swap(['hans called'], seeded(1, 'l'))!.texts[0]).toMatch(/^(ali|elif) called$/);
  expect(plans!.swap(['my free plan'], seeded(1, 'l'))!.texts).toEqual(['my gold plan']);
});

test('JSON is YAML', async () => {
  expect(await read('{"kinds": {"k": {"groups": {"a": ["x"], "b": ["y"]}}}}')).toHaveLength(1);
});

describe('what is wrong is said, with an example', () => {
  test.each([
    ['a: [', /lists\.yaml:1:\d+: /],
    ['', /no kinds/],
    ['kinds: {}', /no kinds/],
    ['kinds: { k: [a, b] }', /kinds\.k has no groups/],
    ['kinds: { k: { groups: { a: [x] } } }', /fewer than two groups/],
    ['kinds: { k: { groups: { a: [x], b: y } } }', /kinds\.k\.groups\.b is not a list/],
    ['kinds: { k: { groups: { a: [x], b: [] } } }', /kinds\.k\.groups\.b is not a list/],
    ['kinds: { k: { groups: { a: [x], b: [3] } } }', /holds 3, not a word/],
    ['kinds: { k: { groups: { a: [x, q], b: [Q] } } }', /"Q" is in a and in b/],
    ['kinds: { k: { aligned: true, groups: { a: [x, q], b: [y] } } }', /different numbers of words/],
    ['kinds: { k: { align: true, groups: { a: [x], b: [y] } } }', /kinds\.k\.align is nothing known/],
    ['kinds: { k: { aligned: 7, groups: { a: [x], b: [y] } } }', /neither true nor false/],
  ])('%s', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'fairness/lists',
      message: expect.stringMatching(message) as string,
    });
  });
  test('no file', async () => {
    await expect(readLists(join(folder, 'nowhere.yaml'))).rejects.toMatchObject({ code: 'fairness/lists' });
  });
});
