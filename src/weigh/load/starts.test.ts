import { expect, test } from 'vitest';
import { SteelyardError } from '../../contracts/index.ts';
import type { Subject } from '../../contracts/index.ts';
import { workbench } from '../../runtime/testing/trial.ts';
import { interleaveStarts, outcomesOfStarts } from './starts.ts';

const bench = await workbench();
await bench.remove();
const subject = (id: string): Subject => ({ id }) as Subject;
const trial = bench.trial(subject('baseline'), [subject('small'), subject('broken')]);

test('each round starts everybody once; ratios pair within a round; who fails is out', async () => {
  const order: string[] = [];
  let scale = 1;
  const starts = await interleaveStarts(
    trial,
    {
      label: 'x',
      starts: 6,
      measure: async ({ id }) => {
        order.push(id);
        // The machine gets slower: pairs do not care.
        scale += 0.01;
        if (id === 'broken' && order.length > 4) throw new SteelyardError('runtime/crashed', 'gone');
        return { time: scale * (id === 'small' ? 1 : 4) };
      },
    },
    bench.context(),
  );
  const outcomes = outcomesOfStarts(trial, starts, [{ metric: 'time', unit: 'ms' }], bench.context());
  expect(outcomes.get('broken')).toEqual({ kind: 'failed', code: 'runtime/crashed', message: 'gone' });
  expect(order.filter((id) => id === 'small')).toHaveLength(6);
  const small = outcomes.get('small')!;
  if (small.kind !== 'measured') throw new Error('not measured');
  expect(small.measurements[0]!.versus!.value).toBeCloseTo(0.25, 1);
  expect(small.measurements[0]!.samples).toBe(6);
  expect(
    new Set(
      Array.from({ length: 6 }, (_, i) =>
        order
          .filter((id) => id !== 'broken')
          .slice(2 * i, 2 * i + 2)
          .join(),
      ),
    ).size,
  ).toBe(2);
});

test('the baseline failing, a bug, and cancelling end it', async () => {
  const failing = (error: Error, who: string) => ({
    label: 'x',
    starts: 2,
    measure: ({ id }: Subject) => (id === who ? Promise.reject(error) : Promise.resolve({ time: 1 })),
  });
  await expect(
    interleaveStarts(trial, failing(new SteelyardError('runtime/load', 'no'), 'baseline'), bench.context()),
  ).rejects.toThrow('no');
  await expect(interleaveStarts(trial, failing(new TypeError('bug'), 'small'), bench.context())).rejects.toThrow('bug');
  const signal = AbortSignal.abort(new Error('stop'));
  await expect(interleaveStarts(trial, failing(new Error(), 'nobody'), bench.context({ signal }))).rejects.toThrow(
    'stop',
  );
});
