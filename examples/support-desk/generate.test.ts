import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fill, generate, jsonl, normalized, type Made, type Message } from './compose.ts';
import { frames, intents, phrases } from './corpus/index.ts';
import { details, slots, turns } from './corpus/slots.ts';
import { dice } from './random.ts';
import { labelNoise, sizes, styles, type Split } from './settings.ts';
import { speak } from './style.ts';

const data = generate();
const splits = Object.keys(sizes) as Split[];
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const share = (messages: readonly Made[], of: (message: Made) => boolean): number =>
  messages.filter(of).length / messages.length;

test.each(splits)('the committed %s split is what the seed gives', (split) => {
  const committed = readFileSync(new URL(`data/${split}.jsonl`, import.meta.url), 'utf8');
  expect(sha256(jsonl(data[split]))).toBe(sha256(committed));
  expect(data[split]).toHaveLength(sizes[split]);
});

test('no text occurs twice, in one split or across splits', () => {
  const all = splits.flatMap((split) => data[split].map((message) => normalized(message.text)));
  expect(new Set(all).size).toBe(all.length);
  expect(new Set(splits.flatMap((split) => data[split].map((message) => message.id))).size).toBe(all.length);
});

test('no template or frame of test is in training or validation', () => {
  const lists = intents.flatMap((intent) => [
    intent.train,
    intent.validation,
    intent.test,
    intent.slang,
    intent.jargon,
  ]);
  const all = [...lists, frames.train, frames.validation, frames.test].flat().map(normalized);
  expect(new Set(all).size).toBe(all.length);
  for (const intent of intents) {
    expect(intent.train.length, intent.id).toBeGreaterThanOrEqual(14);
    expect(intent.test.length, intent.id).toBeGreaterThanOrEqual(7);
  }
});

test('every place in the corpus has a filling, and no mark of a template is left in a message', () => {
  const templates = [
    ...intents.flatMap((i) => [i.train, i.validation, i.test, i.slang, i.jargon, i.aside.train, i.aside.test].flat()),
    ...Object.values(phrases).flatMap(({ wants, facts }) => [...wants, ...facts]),
    ...details.train,
    ...details.test,
  ];
  const roll = dice(1, 'places');
  for (const template of templates) expect(fill(template, true, roll)).not.toMatch(/[{}[\]|]/);
  for (const turn of [...turns.train, ...turns.test]) expect(turn).toMatch(/\{core\}/);
  for (const split of splits) for (const { text } of data[split]) expect(text).not.toMatch(/[{}[\]|]|undefined| {2}/);
  expect(() => fill('my {itme}', false, roll)).toThrow(/unknown slot \{itme\}/);
});

test('every intent and style is in every split, in about the intended share', () => {
  const total = intents.reduce((sum, intent) => sum + intent.weight, 0);
  for (const split of splits) {
    for (const [style, wanted] of Object.entries(styles))
      expect(share(data[split], (message) => message.style === style)).toBeCloseTo(wanted, 1);
    for (const intent of intents)
      expect(
        Math.abs(share(data[split], (message) => message.intent === intent.id) - intent.weight / total),
      ).toBeLessThan(0.006);
  }
});

test('values kept for test are in no training or validation message', () => {
  const join = (...splits: readonly (readonly Message[])[]): string =>
    ` ${splits
      .flat()
      .map((message) => normalized(message.text))
      .join(' | ')} `;
  const known = join(data.train, data.validation);
  const fresh = join(data.test, data.uncommon);
  const rare = Object.values(slots).flatMap((slot) => slot.rare.map((value) => ` ${normalized(value)} `));
  expect(rare.filter((value) => known.includes(value))).toEqual([]);
  expect(rare.filter((value) => fresh.includes(value)).length / rare.length).toBeGreaterThan(0.8);
});

test('only training has wrong labels', () => {
  for (const split of splits.filter((one) => one !== 'train'))
    expect(data[split].filter((message) => message.intent !== message.madeFor)).toEqual([]);
  expect(Math.abs(share(data.train, (message) => message.intent !== message.madeFor) - labelNoise)).toBeLessThan(0.006);
});

test('the styles sound as they should', () => {
  const said = (style: keyof typeof styles): string[] =>
    Array.from({ length: 200 }, (_, at) =>
      speak("I don't know where my parcel is, I'm waiting for two weeks.", style, dice(at, style)),
    );
  expect(
    said('formal').filter((text) => /do not know .*, I am waiting for two weeks/.test(text)).length,
  ).toBeGreaterThan(180);
  expect(said('formal').some((text) => text.includes("don't"))).toBe(false);
  expect(said('casual').some((text) => text.startsWith('i dunno'))).toBe(true);
  expect(said('learner').some((text) => text.includes('since two week'))).toBe(true);
});

test('the message that the README shows is in the data', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const shown = JSON.parse(/```json\n(.*)\n```/.exec(readme)![1]!) as Message;
  expect(jsonl(data.test.filter((message) => message.id === shown.id)).trim()).toBe(JSON.stringify(shown));
});
