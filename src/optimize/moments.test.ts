import { expect, test } from 'vitest';
import { gramsOf, squaresOf } from './moments.ts';
import { gramOf } from './quantize/blocks/testing/matrices.ts';
import { context, input, model } from './testing/quantized.ts';

test('sums over all batches and over all inputs that belong together', async () => {
  const [a, b] = [input([5, 6], 'a'), input([3, 6], 'b')];
  const world = await context(async function* () {
    yield { x: a };
    yield { x: b };
  });
  const subject = model('x: float32[N, 6]; z = Neg(x); y = Relu(x)');
  const rows = new Float32Array([...(a.data as Float32Array), ...(b.data as Float32Array)]);
  const relu = rows.map((value) => Math.max(0, value));
  const wanted = [
    { inputs: ['x', 'z'], k: 6 },
    { inputs: ['y'], k: 6 },
  ];
  const grams = await gramsOf(subject, wanted, world);
  gramOf(rows, 6).forEach((value, at) => expect(grams[0]![at]).toBeCloseTo(2 * value, 4));
  gramOf(relu, 6).forEach((value, at) => expect(grams[1]![at]).toBeCloseTo(value, 4));
  const squares = await squaresOf(subject, wanted, world);
  for (const [i, gram] of grams.entries())
    squares[i]!.forEach((value, at) => expect(value).toBeCloseTo(gram[at * 7]!, 4));
  await expect(gramsOf(subject, wanted, await context())).rejects.toMatchObject({ code: 'optimize/calibration' });
});
