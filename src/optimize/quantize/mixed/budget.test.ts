import { expect, test } from 'vitest';
import type { Feeds, TechniqueResult } from '../../../contracts/index.ts';
import { context, input, model } from '../../testing/quantized.ts';
import { withinBudget } from './budget.ts';

const feeds = async function* (): AsyncIterable<Feeds> {
  yield { x: input([4], 'budget') };
};
/** y = x · a · b · c with factors that a "technique" changes by 1 %, 10 % and 2 %. */
const text = (a: number, b: number, c: number): string =>
  `x: float32[4]; a = float32[] {${a}}; b = float32[] {${b}}; c = float32[] {${c}}
   p = Mul(x, a) as "one"; q = Mul(p, b) as "ten"; y = Mul(q, c) as "two"`;
const before = model(text(1.5, 1.5, 1.5));
const leaving = (layers: readonly string[]): Promise<TechniqueResult> => {
  const on = (layer: string, by: number): number => (layers.includes(layer) ? 1.5 : 1.5 * by);
  const changed = ['one', 'ten', 'two'].filter((layer) => !layers.includes(layer));
  return Promise.resolve({
    model: model(text(on('one', 1.01), on('ten', 1.1), on('two', 1.02))),
    changes: changed.map((layer) => ({ what: 'changed', nodes: [layer] })),
    skipped: [],
  });
};
const within = async (maxError: number) => {
  const result = await withinBudget(before, leaving, { maxError, minAgreement: 0, batches: 1 }, await context(feeds));
  return { changed: result.changes.flatMap(({ nodes }) => nodes), left: result.skipped.flatMap(({ nodes }) => nodes) };
};

test('as few layers go back as the budget asks for, the most harmful first', async () => {
  expect(await within(0.2)).toEqual({ changed: ['one', 'ten', 'two'], left: [] });
  expect(await within(0.05)).toEqual({ changed: ['one', 'two'], left: ['ten'] });
  expect(await within(0.015)).toEqual({ changed: ['one'], left: ['ten', 'two'] });
  expect(await within(0.005)).toEqual({ changed: [], left: ['one'] });
});
