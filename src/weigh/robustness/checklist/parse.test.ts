import { expect, test } from 'vitest';
import { parseSuite, readSuite } from './parse.ts';

const labels = ['refund', 'delivery'];
const parse = (text: string) => parseSuite('suite.yaml', text, labels);
const good = `
lists: { thing: [parcel, letter] }
tests:
  - name: refunds are understood
    type: MFT
    templates: ["I want my money back, {name}", { text: "a {thing}", pair: "b" }]
    label: refund
  - name: typos do not matter
    type: INV
    examples: 5
    change: { perturb: [typo@0.1, swap], copies: 2 }
  - name: fury moves it
    type: DIR
    templates: ["Where is my {thing}?"]
    change: { append: ["I want my money back."] }
    expect: { goes: up, label: refund }
`;

test('takes a suite', () => {
  expect(parse(good).tests.map(({ type }) => type)).toEqual(['MFT', 'INV', 'DIR']);
});

const one = (lines: string): string => `tests:\n  - name: x\n${lines.replace(/^/gm, '    ')}\n`;
test.each([
  ['broken YAML', 'tests: [', 'checklist/yaml', /suite\.yaml:1:\d+/],
  ['an empty file', '', 'checklist/invalid', /the file/],
  ['no tests', 'tests: []', 'checklist/invalid', /suite\.yaml:1:8: tests/],
  [
    'an unknown key',
    one('type: MFT\ntemplates: [a]\nlabel: refund\nlable: x'),
    'checklist/invalid',
    /suite\.yaml:6:5: unknown key "lable" in tests\[0\]/,
  ],
  ['an unknown type', one('type: MTF\ntemplates: [a]'), 'checklist/invalid', /suite\.yaml:3:11: tests\[0\]\.type/],
  [
    'an unknown label',
    one('type: MFT\ntemplates: [a]\nlabel: refnd'),
    'checklist/invalid',
    /suite\.yaml:5:12: the model does not know the label "refnd"/,
  ],
  [
    'an unknown list',
    one('type: MFT\ntemplates:\n  - a\n  - "b {thng}"\nlabel: refund'),
    'checklist/invalid',
    /suite\.yaml:6:9: there is no list "thng"/,
  ],
  [
    'an unknown perturbation',
    one('type: INV\ntemplates: [a]\nchange: { perturb: [typos] }'),
    'checklist/invalid',
    /suite\.yaml:5:25: there is no perturbation "typos"/,
  ],
  [
    'slang without words',
    one('type: INV\ntemplates: [a]\nchange: { perturb: [slang] }'),
    'checklist/invalid',
    /"slang" has no word list here/,
  ],
  [
    'a strength beside the scale',
    one('type: INV\ntemplates: [a]\nchange: { perturb: [typo@3] }'),
    'checklist/invalid',
    /"typo@3" is no strength/,
  ],
  [
    'a negation that must not matter',
    one('type: INV\ntemplates: [a]\nchange: { perturb: [negation-added] }'),
    'checklist/invalid',
    /changes what a text says/,
  ],
  [
    'a slot that no template has',
    one('type: INV\ntemplates: [a]\nchange: { vary: city }'),
    'checklist/invalid',
    /suite\.yaml:5:21: no template has the slot \{city\}/,
  ],
  ['no change', one('type: INV\ntemplates: [a]\nchange: {}'), 'checklist/invalid', /says no change/],
  [
    'texts from nowhere',
    one('type: INV\nchange: { append: [a] }'),
    'checklist/invalid',
    /suite\.yaml:2:5: "x" takes its texts from nowhere/,
  ],
  [
    'texts from two places',
    one('type: INV\ntemplates: [a]\nexamples: 3\nchange: { append: [a] }'),
    'checklist/invalid',
    /from templates and examples/,
  ],
  [
    'an expectation of nobody',
    one('type: DIR\ntemplates: [a]\nchange: { append: [a] }\nexpect: { becomes: [refund, nobody] }'),
    'checklist/invalid',
    /label "nobody"/,
  ],
  [
    'an expectation that is none',
    one('type: DIR\ntemplates: [a]\nchange: { append: [a] }\nexpect: { goes: sideways }'),
    'checklist/invalid',
    /suite\.yaml:6:21: tests\[0\]\.expect\.goes/,
  ],
  [
    'the same name twice',
    `${one('type: MFT\ntemplates: [a]\nlabel: refund')}${one('type: MFT\ntemplates: [a]\nlabel: refund').slice(7)}`,
    'checklist/invalid',
    /suite\.yaml:6:11: the test "x" is there twice/,
  ],
  [
    'an alias bomb',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]`,
    'checklist/yaml',
    /suite\.yaml/,
  ],
] as const)('refuses %s', (_, text, code, message) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
  );
});

test('a missing file says what the option means', async () => {
  await expect(readSuite('/nowhere/suite.yaml', labels)).rejects.toMatchObject({
    code: 'checklist/file',
    hint: expect.stringContaining('suite') as string,
  });
});
