import { expect, test } from 'vitest';
import { madeUp } from '../testing/trial.ts';
import { casesOf } from './cases.ts';
import { parseSuite } from './parse.ts';

const labels = ['refund', 'delivery'];
const rows = Array.from({ length: 30 }, (_, at): [string, string] => [`Where is parcel number ${at}`, 'delivery']);
const made = (seed = 1) => madeUp(labels, rows, { baseline: () => [1, 0] }, {}, seed);
const cases = (tests: string, seed = 1, lists = '{}') => {
  const { trial, context } = made(seed);
  return casesOf(
    parseSuite('s.yaml', `lists: ${lists}\ntests:\n${tests.replace(/^/gm, '  ')}`, labels),
    trial,
    context,
  );
};

test('MFT: every combination is a case', () => {
  const [some] = cases(
    '- { name: m, type: MFT, label: refund, templates: ["{who}: {what}", "plain"] }',
    1,
    '{ who: [I, we], what: [x, y, z] }',
  );
  expect(some!.map(({ original }) => original.text)).toEqual([
    'I: x',
    'we: x',
    'I: y',
    'we: y',
    'I: z',
    'we: z',
    'plain',
  ]);
  expect(some!.every(({ variants }) => variants.length === 0)).toBe(true);
});

test('samples are shared among the templates', () => {
  const [some] = cases('- { name: m, type: MFT, label: refund, templates: ["{name} a", "{city} b"], samples: 10 }');
  expect(some).toHaveLength(10);
});

test('phrases before and after, words replaced, slots varied: each a variant', () => {
  const [some] = cases(`- name: i
  type: INV
  templates: ["My Parcel to {city} is late"]
  samples: 1
  change: { append: ["Thanks", "!"], prepend: ["Hi."], replace: { parcel: [letter, box], nothing: x }, vary: city, copies: 2 }`);
  const [{ original, variants }] = some as unknown as [{ original: { text: string }; variants: { text: string }[] }];
  const city = /to (\w+) is/.exec(original.text)![1]!;
  const texts = variants.map(({ text }) => text);
  expect(texts.slice(0, 5)).toEqual([
    `My Parcel to ${city} is late Thanks`,
    `My Parcel to ${city} is late!`,
    `Hi. My Parcel to ${city} is late`,
    `My Letter to ${city} is late`,
    `My Box to ${city} is late`,
  ]);
  expect(texts).toHaveLength(7);
  for (const text of texts.slice(5)) expect(text).toMatch(/^My Parcel to \w+ is late$/);
});

test('perturbations draw anew for every copy; variants equal to the text or to each other are left out', () => {
  const [some] = cases(
    '- { name: i, type: INV, templates: ["some words to change here"], change: { perturb: [swap@1, lower-case], copies: 5 } }',
  );
  const texts = some![0]!.variants.map(({ text }) => text);
  expect(texts.length).toBeGreaterThan(1);
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts).not.toContain('some words to change here');
});

test('evaluation examples, by seed; the same seed gives the same cases', () => {
  const yaml = '- { name: e, type: INV, examples: 5, change: { perturb: [typo@0.2] } }';
  expect(cases(yaml)[0]).toHaveLength(5);
  expect(cases(yaml)).toEqual(cases(yaml));
  expect(cases(yaml, 2)).not.toEqual(cases(yaml));
  expect(cases(yaml)[0]!.every(({ original }) => rows.some(([text]) => text === original.text))).toBe(true);
});

test('pairs share their slots', () => {
  const [some] = cases(
    '- { name: p, type: MFT, label: refund, templates: [{ text: "{name} is here", pair: "Is {name} here?" }], samples: 3 }',
  );
  for (const { original } of some!) expect(original.pair).toBe(`Is ${original.text!.split(' ')[0]!} here?`);
});

test('a test without a case, and a suite without an end, are refused', () => {
  expect(() => cases('- { name: n, type: INV, templates: ["abc"], change: { perturb: [no-diacritics] } }')).toThrow(
    expect.objectContaining({ code: 'checklist/invalid', message: '"n" has no case: its changes change no text' }),
  );
  const big = Array.from(
    { length: 5 },
    (_, at) => `- { name: n${at}, type: INV, templates: ["{a} {b} {c}"], samples: 5000, change: { append: [x] } }`,
  ).join('\n');
  const list = `[${Array.from({ length: 40 }, (_, at) => `v${at}`).join(', ')}]`;
  expect(() => cases(big, 1, `{ a: ${list}, b: ${list}, c: ${list} }`)).toThrow('over 20000 texts');
});
