import { expect, test } from 'vitest';
import type { Example } from '../../contracts/index.ts';
import { kindsOf, optionsAt, perturbExample } from './kinds.ts';
import { plainSetting } from './perturb/index.ts';
import { swap } from './perturb/letters.ts';
import { lowerCase } from './perturb/casing.ts';
import { longBefore } from './perturb/length.ts';
import { typo } from './perturb/typo.ts';
import { madeUp } from './testing/trial.ts';

const { trial, context } = madeUp(['a'], [['Some Text', 'a']], { baseline: () => [1] });
const ids = (names: readonly string[], slang?: ReadonlyMap<string, string>) =>
  kindsOf(names, 1, trial, slang).map(({ id }) => id);

test('names, patterns and stated strengths, each once and in order', () => {
  expect(ids(['swap', 'typo', 'swap'])).toEqual(['swap', 'typo']);
  expect(ids(['punctuation-*', 'typo@0.3'])).toEqual(['punctuation-added', 'punctuation-removed', 'typo@0.3']);
  const all = ids(['*']);
  expect(all).toContain('long-before');
  // What changes the meaning, or misses its list, is not meant by a pattern.
  for (const id of ['negation-added', 'negation-removed', 'slang']) expect(all).not.toContain(id);
  expect(ids(['*'], new Map([['a', 'b']]))).toContain('slang');
});

test.each([
  [['typos'], 'there is no perturbation "typos"'],
  [['typo@2'], '"typo@2": a strength is a number from 0 to 1'],
  [['typo@'], '"typo@": a strength is a number from 0 to 1'],
  [['lower-case@0.5'], 'lower-case has no strength'],
  [['negation-added'], '"negation-added" changes what a text says, so its right answer is not known'],
  [['slang'], '"slang" replaces words of a list, and none is given'],
])('refuses %s', (names, message) => {
  expect(() => ids(names)).toThrow(
    expect.objectContaining({ code: 'robustness/kind', message: expect.stringContaining(message) as string }),
  );
});

test('a task that states no limit has no long inputs', () => {
  const { text: _, ...task } = trial.task;
  expect(() => kindsOf(['long-before'], 1, { ...trial, task })).toThrow('maximum length');
  expect(kindsOf(['long-*', 'typo'], 1, { ...trial, task }).map(({ id }) => id)).toEqual(['typo']);
});

test('the factor multiplies the usual strength, up to 1; a stated one stays', () => {
  expect(optionsAt(typo, 3, null)).toEqual({ strength: 0.03 });
  expect(optionsAt(typo, 1000, null)).toEqual({ strength: 1 });
  expect(optionsAt(typo, 3, 0.5)).toEqual({ strength: 0.5 });
  expect(optionsAt(lowerCase, 3, null)).toEqual({});
});

const example = (more: Partial<Example> = {}): Example => ({
  id: '7',
  text: 'These Words Change',
  label: 'a',
  groups: { g: 'x' },
  ...more,
});

test('text and pair change, label and groups stay; what changes nothing is null', () => {
  const changed = perturbExample(lowerCase, {}, example({ pair: 'Both' }), plainSetting, context);
  expect(changed).toEqual({
    id: '7#lower-case',
    text: 'these words change',
    pair: 'both',
    label: 'a',
    groups: { g: 'x' },
  });
  expect(perturbExample(lowerCase, {}, example({ text: 'small' }), plainSetting, context)).toBeNull();
  expect(
    perturbExample(lowerCase, {}, { id: '1', tensors: {}, label: null, groups: {} }, plainSetting, context),
  ).toBeNull();
  expect(perturbExample(lowerCase, {}, example({ text: 'small', pair: 'Both' }), plainSetting, context)).toMatchObject({
    text: 'small',
    pair: 'both',
  });
});

test('long inputs leave the second text alone', () => {
  const setting = { ...plainSetting, length: { most: 50, count: (text: string) => text.split(' ').length } };
  const changed = perturbExample(longBefore, {}, example({ pair: 'Both' }), setting, context)!;
  expect(changed.pair).toBe('Both');
  expect(changed.text!.length).toBeGreaterThan(100);
});

test('the draw depends on seed, kind and id alone', () => {
  const text = 'several words that could change their letters here';
  const at = (id: string, seed: number): string | undefined =>
    perturbExample(
      swap,
      optionsAt(swap, 1, 0.5),
      example({ id, text }),
      plainSetting,
      madeUp(['a'], [], { baseline: () => [1] }, {}, seed).context,
    )?.text;
  expect(at('1', 1)).toBe(at('1', 1));
  expect(new Set([at('1', 1), at('2', 1), at('1', 2)]).size).toBe(3);
});
