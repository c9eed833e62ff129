import { expect, test } from 'vitest';
import { SteelyardError } from '../../contracts/index.ts';
import { everyone, nothing } from './everyone.ts';
import { madeUp } from './testing/trial.ts';

const made = () => madeUp(['no'], [['text', 'no']], { baseline: () => [1], a: () => [1], b: () => [1] });

test('the baseline first, candidates against it; a candidate’s fault is its own', async () => {
  const { trial, context } = made();
  const seen: unknown[] = [];
  const outcomes = await everyone(
    trial,
    context,
    'weighing',
    async ({ id }) => {
      if (id === 'a') throw new SteelyardError('runtime/crash', 'it fell');
      return id;
    },
    (own, baseline) => {
      seen.push([own, baseline]);
      return [];
    },
  );
  expect(seen).toEqual([
    ['baseline', null],
    ['b', 'baseline'],
  ]);
  expect(outcomes.get('a')).toEqual({ kind: 'failed', code: 'runtime/crash', message: 'it fell' });
});

test('the baseline’s fault, our own bugs and cancellation end it', async () => {
  const { trial, context } = made();
  const fail = (at: string, error: Error) =>
    everyone(
      trial,
      context,
      '',
      async ({ id }) => (id === at ? Promise.reject(error) : id),
      () => [],
    );
  await expect(fail('baseline', new SteelyardError('runtime/crash', 'it fell'))).rejects.toThrow('it fell');
  await expect(fail('a', new Error('bug'))).rejects.toThrow('bug');
  const cancelled = { ...context, signal: AbortSignal.abort() };
  await expect(
    everyone(
      trial,
      cancelled,
      '',
      async () => 1,
      () => [],
    ),
  ).rejects.toThrow();
});

test('nothing to say is said once, for everybody', () => {
  const { trial, context, logged } = made();
  expect([...nothing(trial, context, 'because')]).toEqual(
    ['baseline', 'a', 'b'].map((id) => [id, { kind: 'measured', measurements: [] }]),
  );
  expect(logged).toEqual(['because']);
});
