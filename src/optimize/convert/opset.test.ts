import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { context, input, model, relativeError, run } from '../testing/quantized.ts';
import { opset } from './opset.ts';

const options = (target?: string) => parseOptions(opset.id, opset.options, target === undefined ? {} : { target });

describe('convert/opset', () => {
  test.each([undefined, '11', '13', '18', '23'])('an opset-9 model at %s answers the same', async (target) => {
    const world = await context();
    const before = model(
      'opset 9; x: float32[2, 8]; w = float32[8, 8]{...}; m = MatMul(x, w); c = Clip(m) {min: -1.0, max: 1.0}; y = Softmax(c) {axis: 0}',
    );
    expect(opset.check(before, options(target))).toBeNull();
    const { model: after, changes, skipped } = await opset.apply(before, options(target), world);
    expect(after.opsets.get('')).toBe(Number(target ?? 21));
    expect(changes[0]?.what).toBe(`opset 9 raised to ${target ?? 21}`);
    expect(skipped).toEqual([]);
    const feeds = { x: input([2, 8], 'x') };
    const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
    expect(error).toBeLessThan(1e-6);
  });

  test('a model that is there already, and one that cannot go', async () => {
    const there = parseText('opset 21\ny = Relu(x)');
    expect(opset.check(there, options())?.reason).toBe('the model uses opset 21 already');
    const stuck = parseText('opset 9\ny, m = Dropout(x) as "drop"');
    const refusal = opset.check(stuck, options());
    expect(refusal?.nodes).toEqual(['drop']);
    expect(await opset.apply(stuck, options(), await context())).toEqual({
      model: stuck,
      changes: [],
      skipped: [refusal],
    });
  });

  test('operators of other domains and everything else stay', async () => {
    const before = parseText('ir 10; opset 17; y = com.microsoft.Gelu(x)');
    const { model: after } = await opset.apply(before, options(), await context());
    expect(after).toEqual({ ...before, opsets: new Map([...before.opsets, ['', 21]]) });
  });
});
