import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { context, input, model, run } from '../testing/quantized.ts';
import { twoFour } from './two-four.ts';

describe.each(['2:4', '4:8'])('%s', (pattern) => {
  test.each([
    ['magnitude', false],
    ['wanda', false],
    ['sparsegpt', false],
    ['sparsegpt', true],
    ['wanda', true],
  ])('%s, transposed: %s: exactly as many zeros in every group along the inputs', async (method, turned) => {
    const world = await context(async function* () {
      yield { x: input([60, 40], 'a') };
    });
    const subject = model(
      turned
        ? 'x: float32[N, 40]; w = float32[7, 40]{...}; y = Gemm(x, w) {transB: 1}'
        : 'x: float32[N, 40]; w = float32[40, 7]{...}; y = MatMul(x, w)',
    );
    const options = parseOptions(twoFour.id, twoFour.options, { method, pattern });
    const { model: after, changes } = await twoFour.apply(subject, options, world);
    expect(changes).toHaveLength(1);
    const [stored] = [...after.graph.initializers.values()];
    const weight = toFloat32('float32', await world.bytes(stored!));
    const size = Number(pattern.split(':')[1]);
    for (let output = 0; output < 7; output++)
      for (let group = 0; group < 40; group += size) {
        let zeros = 0;
        for (let i = group; i < group + size; i++) if (weight[turned ? output * 40 + i : i * 7 + output] === 0) zeros++;
        expect(zeros).toBe(size / 2);
      }
    expect((await run(world, after, { x: input([3, 40], 'b') }))['y']!.dims).toEqual([3, 7]);
  });
});

test('an inner size that is no multiple is left alone', async () => {
  const subject = model('x: float32[N, 10]; w = float32[10, 8]{...}; y = MatMul(x, w)');
  const options = parseOptions(twoFour.id, twoFour.options, { method: 'magnitude' });
  const { changes, skipped } = await twoFour.apply(subject, options, await context());
  expect(changes).toEqual([]);
  expect(skipped[0]?.reason).toBe('its inner size 10 is no multiple of 4');
});
