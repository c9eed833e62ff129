import { describe, expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { perturbations } from './index.ts';

// Every perturbation keeps the same promises, on any text.
const setting = {
  slang: new Map([['order', 'thing']]),
  length: { most: 40, count: (text: string) => Math.min(40, (text.match(/\S+/g) ?? []).length + 2) },
};
const hostile: Readonly<Record<string, string>> = {
  empty: '',
  'white space': ' \t\n\u00a0',
  'no letters': '12345 !?.,;: -- 🙂',
  emoji: '👩‍👩‍👧 ordered 🍕🍕 for 👍🏽',
  'right to left': 'איפה ההזמנה שלי? أين طلبي',
  'no spaces': '我的订单在哪里？どこですか',
  'half a pair': 'order \ud83d is \udc00 late',
  marks: 'Z\u0351\u036b\u0343a\u0319l\u0322g\u0328o order',
  controls: 'or\u0000der\u0007 \u202eis\u202c late',
};
const strong = (strength: boolean, at: number): Record<string, number> => (strength ? { strength: at } : {});

describe.each(perturbations.map((one) => [one.id, one] as const))('%s', (_, one) => {
  const stated = one.options['strength'];
  test('declares itself', () => {
    expect(one.id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(one.title).not.toBe('');
    expect(one.source).not.toBe('');
    for (const option of Object.values(one.options)) expect(option.description).toMatch(/\.$/);
  });

  test.each(Object.entries(hostile))('takes a hostile text: %s', (_name, text) => {
    const most = strong(stated?.kind === 'number', 0.9);
    const changed = applied(one, text, most, 1, setting);
    expect(applied(one, text, most, 1, setting)).toBe(changed);
    if (text === '') expect(changed).toBe('');
    // No character is broken in two.
    const lone = (some: string): number => some.match(/\p{Surrogate}/gu)?.length ?? 0;
    expect(lone(changed)).toBeLessThanOrEqual(lone(text));
  });

  test('takes 100 kB within seconds', () => {
    for (const text of [
      'Where is my order from Anna, please? '.repeat(2800),
      'a'.repeat(50_000) + '!'.repeat(50_000),
    ]) {
      const started = performance.now();
      applied(one, text, strong(stated?.kind === 'number', 0.5), 1, setting);
      expect(performance.now() - started).toBeLessThan(3000);
    }
  });

  test.runIf(stated?.kind === 'number' && one.id !== 'mild-mix')('strength 0 changes nothing', () => {
    const text = 'I am sure, because my Order 123 from Anna in Berlin is late.';
    expect(applied(one, text, { strength: 0 }, 1, setting)).toBe(text);
  });

  test('changes some text', () => {
    const text = 'I am sure because café Money isn’t there: my order 123 from Anna in Berlin, which was not here';
    const changed = Array.from({ length: 30 }, (_x, seed) => applied(one, text, {}, seed, setting));
    expect(changed.some((other) => other !== text)).toBe(true);
  });
});

test('ids are unique', () => {
  expect(new Set(perturbations.map(({ id }) => id)).size).toBe(perturbations.length);
});
