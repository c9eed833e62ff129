import { expect, test } from 'vitest';
import { workbench } from '../../runtime/testing/trial.ts';
import { memory } from './memory.ts';

test('tensors of 64 MB show in the peak', async () => {
  const bench = await workbench();
  try {
    const small = await bench.subject('small', 'x: float32[N, 64]; y = Tanh(x); -> y: float32[N, 64]');
    const big = await bench.subject(
      'baseline',
      'x: float32[N, 64]; s = int64[2] {4096, 4096}; r = ConstantOfShape(s); m = ReduceMean(r) {keepdims: 0}; y = Add(x, m); -> y: float32[N, 64]',
      { graphOptimization: 'disabled' },
    );
    const outcomes = await memory.evaluate(bench.trial(big, [small]), { processes: 1, calls: 2 }, bench.context());
    const [one, other] = ['baseline', 'small'].map((id) => {
      const outcome = outcomes.get(id)!;
      if (outcome.kind !== 'measured') throw new Error(outcome.message);
      return outcome.measurements.find(({ metric }) => metric === 'memory-peak')!;
    });
    const more = one!.value - other!.value;
    expect(more).toBeGreaterThan(50 << 20);
    expect(more).toBeLessThan(4 * (64 << 20));
    expect(other!.versus!.value).toBeLessThan(0.8);
  } finally {
    await bench.remove();
  }
});
