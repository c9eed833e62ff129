import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readContrast, readSlang } from './lists.ts';
import { madeUp } from './testing/trial.ts';

const file = async (content: string | Uint8Array): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-lists-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'list.txt');
  await writeFile(path, content);
  return path;
};

test('slang from TSV and from JSONL', async () => {
  const expected = [
    ['log in', 'hop on'],
    ['money', 'dosh'],
  ];
  expect([...(await readSlang(await file('# mine\nLog  in\thop on\r\n\nmoney\tdosh\n')))]).toEqual(expected);
  const lines = expected.map(([word, replacement]) => JSON.stringify({ word, replacement })).join('\n');
  expect([...(await readSlang(await file(lines)))]).toEqual(expected);
});

test.each([
  ['no tab', 'money dosh', ':1: a word or its replacement is missing'],
  ['half a line', 'a\tb\n{"word": "c"}', ':2: a word or its replacement is missing'],
  ['broken JSON', '{"word": ', ':1: not JSON'],
  ['empty', '\n', ': the list is empty'],
  ['too many', Array.from({ length: 2001 }, (_, at) => `w${at}\tx`).join('\n'), ':2001: more than 2000 words'],
  ['binary', new Uint8Array([255, 254, 0]), 'cannot be read'],
])('slang: %s', async (_, content, message) => {
  await expect(readSlang(await file(content))).rejects.toMatchObject({
    code: 'robustness/list',
    message: expect.stringContaining(message) as string,
  });
});

test('contrast sets replace text and right answer; examples that nobody rewrote stay', async () => {
  const { trial, context } = madeUp(
    ['good', 'bad'],
    [
      ['fine', 'good'],
      ['other', 'good'],
    ],
    { baseline: () => [1, 0] },
  );
  const kind = await readContrast(await file('{"id": "row 0", "text": "awful", "label": "bad"}'), trial.task.labels);
  expect(kind).toMatchObject({ id: 'contrast', meaning: 'changed' });
  expect(kind.change(trial.examples[0]!, context)).toEqual({
    id: 'row 0#contrast',
    text: 'awful',
    label: 'bad',
    groups: {},
  });
  expect(kind.change(trial.examples[1]!, context)).toBeNull();
});

test('of several rewritten ones, one is drawn, the same for the same seed', async () => {
  const lines = ['one', 'two', 'three'].map((text) => JSON.stringify({ id: 3, text, label: 'a' })).join('\n');
  const kind = await readContrast(await file(lines), ['a']);
  const drawn = Array.from({ length: 20 }, (_, seed) => {
    const { context } = madeUp(['a'], [], { baseline: () => [1] }, {}, seed);
    return kind.change({ id: '3', text: 'x', label: 'a', groups: {} }, context)!.text;
  });
  expect(new Set(drawn)).toEqual(new Set(['one', 'two', 'three']));
});

test.each([
  ['{"id": "1", "text": "x"}', ':1: id, text or label is missing'],
  ['{"id": "1", "text": "x", "label": "c"}', ':1: the model does not know the label "c"'],
  ['{"id": "1", "text": "x", "label": "a", "pair": 2}', ':1: "pair" is no text'],
  ['[1]', ':1: not an object'],
])('contrast: refuses %s', async (line, message) => {
  await expect(readContrast(await file(line), ['a'])).rejects.toMatchObject({
    code: 'robustness/list',
    message: expect.stringContaining(message) as string,
  });
});

test('a missing file says so', async () => {
  await expect(readContrast('/nowhere/at/all', ['a'])).rejects.toMatchObject({ code: 'robustness/list' });
});
