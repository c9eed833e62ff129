import { expect, test } from 'vitest';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { coldStart } from './cold-start.ts';

test('a start takes longer than loading alone, and every start is a process of its own', async () => {
  const bench = await workbench();
  try {
    const baseline = await bench.subject('baseline', stackText(2));
    let opened = 0;
    const loads: number[] = [];
    const counted = {
      ...baseline,
      open: async () => {
        opened++;
        const session = await baseline.open();
        loads.push(session.loadMs);
        return session;
      },
    };
    const outcomes = await coldStart.evaluate(bench.trial(counted, []), { starts: 3 }, bench.context());
    const outcome = outcomes.get('baseline')!;
    if (outcome.kind !== 'measured') throw new Error(outcome.message);
    expect(opened).toBe(3);
    expect(outcome.measurements[0]).toMatchObject({ metric: 'cold-start', unit: 'ms', samples: 3 });
    expect(outcome.measurements[0]!.value).toBeGreaterThan(Math.min(...loads));
    const [, loading, warmUp, ...curve] = outcome.measurements;
    expect(loading).toMatchObject({ metric: 'load-time', unit: 'ms', value: loads.toSorted((a, b) => a - b)[1] });
    // The first call of a process prepares what later ones find.
    expect(warmUp).toMatchObject({ metric: 'warm-up', unit: 'ratio' });
    expect(warmUp!.value).toBeGreaterThan(1);
    expect(curve.map(({ slice }) => slice)).toEqual([1, 2, 4, 8, 16].map((call) => `call=${call}`));
    expect(curve[0]!.value).toBe(warmUp!.value);
  } finally {
    await bench.remove();
  }
});
