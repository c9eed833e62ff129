import { expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { emitter, extend } from '../../writing/emit.ts';
import { knowledgeOf } from '../../writing/knowledge.ts';
import { placeOf } from '../take-apart.ts';
import { evaluate } from '../testing/differences.ts';
import { attend, causal, fromHeads, rowsOf, toHeads, usualScale } from './attend.ts';

const value = (dims: number[], data: number[]): Value => ({ dtype: 'float32', dims, data: Float32Array.from(data) });

test('a causal row sees itself and what is before it; heads come apart and together again', async () => {
  const model = parseText('x: float32[1, 2, 4]; y = Neg(x); -> y: float32[1, 2, 4]');
  const to = emitter(model);
  const at = placeOf(model.graph.nodes[0]!, to, knowledgeOf(model, to));
  const heads = toHeads(at, 'x', 2);
  const result = attend(at, {
    query: heads,
    key: heads,
    value: heads,
    scale: usualScale(at, heads),
    added: [],
    allowed: [causal(at, heads, heads, to.scalar('int64', 0))],
    softcap: 0,
  });
  const out = fromHeads(at, result);
  const rows = rowsOf(at, heads);
  const all = extend(model, to);
  const run = await evaluate({
    ...all,
    graph: {
      ...all.graph,
      outputs: [
        { name: out, type: { kind: 'tensor', dtype: 'float32', dims: null } },
        { name: rows, type: { kind: 'tensor', dtype: 'int64', dims: [] } },
      ],
    },
  });
  const answers = await run({ x: value([1, 2, 4], [1, 0, 2, 1, 0, 3, -1, 1]) });
  expect(answers[rows]!.data[0]).toBe(2n);
  const y = [...(answers[out]!.data as Float32Array)];
  expect(y.slice(0, 4)).toEqual([1, 0, 2, 1]);
  // Head 0, row 1: scores 0·1 + 3·0 = 0 and 9, over √2.
  const share = 1 / (1 + Math.exp(9 / Math.SQRT2));
  expect(y[4]).toBeCloseTo(share, 5);
  expect(y[5]).toBeCloseTo(3 * (1 - share), 5);
  // Head 1: (−1)·2 + 1·1 = −1 and 2.
  const second = 1 / (1 + Math.exp(3 / Math.SQRT2));
  expect(y[6]).toBeCloseTo(2 * second - (1 - second), 5);
});
