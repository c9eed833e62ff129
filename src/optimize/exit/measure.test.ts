import { expect, test } from 'vitest';
import type { Value } from '../../contracts/index.ts';
import { context, input, model, run } from '../testing/quantized.ts';
import { emitter, extend } from '../writing/emit.ts';
import { softmax, surenessOf } from './calibrate.ts';
import { measures, sureness } from './measure.ts';

test.each(measures)('%s in the graph is what it is outside, for logits and for probabilities', async (measure) => {
  const world = await context();
  for (const opset of [13, 18]) {
    const subject = model(`opset ${opset}; x: float32[N, 5]; p = Softmax(x) {axis: -1}; y = Identity(x)`);
    const to = emitter(subject);
    const [a, b] = [false, true].map((probabilities) =>
      sureness(to, { value: probabilities ? 'p' : 'y', classes: 5, probabilities }, measure),
    );
    const whole = extend(subject, to);
    const outputs = [a!, b!].map((name) => ({ name, type: null }));
    const x: Value = input([7, 5], 'x');
    const found = await run(world, { ...whole, graph: { ...whole.graph, outputs } }, { x });
    const expected = surenessOf(softmax({ width: 5, values: x.data as Float32Array }), measure);
    for (const name of [a!, b!]) {
      expect(found[name]!.dims).toEqual([7]);
      (found[name]!.data as Float32Array).forEach((one, i) => expect(one).toBeCloseTo(expected[i]!, 5));
    }
  }
});
