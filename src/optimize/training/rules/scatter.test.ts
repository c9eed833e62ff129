import { expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { emitter, extend } from '../../writing/emit.ts';
import { knowledgeOf } from '../../writing/knowledge.ts';
import { placeOf } from '../take-apart.ts';
import { evaluate } from '../testing/differences.ts';
import type { Backward } from '../types.ts';
import { placesAdd, scatterAdd, scatterRows, unpick } from './scatter.ts';

const value = (dims: number[], ...data: number[]): Value => ({ dtype: 'float32', dims, data: Float32Array.from(data) });
const places = (dims: number[], ...data: number[]): Value => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(data, BigInt),
});

/** Runs what a helper writes for x [2, 3], indices i and updates u. */
const run = async (
  opset: number,
  write: (at: Backward) => string,
  i: Value,
  u: Value,
): Promise<{ readonly numbers: number[]; readonly operators: string[] }> => {
  const model = parseText(
    `opset ${opset}; x: float32[2, 3]; i: int64[${i.dims.join()}]; u: float32[${u.dims.join()}]; y = Neg(x); -> y: float32[2, 3]`,
  );
  const to = emitter(model);
  const at = { ...placeOf(model.graph.nodes[0]!, to, knowledgeOf(model, to)), dy: 'u' } as Backward;
  const name = write(at);
  const all = extend(model, to);
  const ask = await evaluate({ ...all, graph: { ...all.graph, outputs: [{ name, type: null }] } });
  const answer = (await ask({ x: value([2, 3], 9, 9, 9, 9, 9, 9), i, u }))[name]!;
  expect(answer.dims).toEqual([2, 3]);
  return { numbers: [...(answer.data as Float32Array)], operators: to.nodes.map(({ op }) => op) };
};

test.each([13, 16])('in opset %s: places that come twice are added up', async (opset) => {
  const elements = await run(
    opset,
    (at) => scatterAdd(at, 'x', 'i', 'u', 1),
    places([1, 3], 0, -1, 0),
    value([1, 3], 1, 2, 4),
  );
  expect(elements.numbers).toEqual([5, 0, 2, 0, 0, 0]);
  const rows = await run(
    opset,
    (at) => scatterRows(at, 'x', 'i', 'u', 0),
    places([3], 1, -1, 0),
    value([3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9),
  );
  expect(rows.numbers).toEqual([7, 8, 9, 5, 7, 9]);
  const columns = await run(
    opset,
    (at) => scatterRows(at, 'x', 'i', 'u', 1),
    places([2, 1], 2, 2),
    value([2, 2, 1], 1, 2, 3, 4),
  );
  expect(columns.numbers).toEqual([0, 0, 3, 0, 0, 7]);
  const flat = await run(opset, (at) => placesAdd(at, 'x', 'i', 'u', false), places([3], 5, 0, 5), value([3], 1, 2, 4));
  expect(flat.numbers).toEqual([2, 0, 0, 0, 0, 5]);
  for (const { operators } of [elements, columns, flat])
    expect(operators.includes('ScatterElements')).toBe(opset >= 16);
  // Row by row, where rows are whole.
  expect(rows.operators.includes('ScatterND')).toBe(opset >= 16);
});

test('goes back to where numbers were picked', async () => {
  const pick = (at: Backward) => (all: string) => at.to.emit('Gather', [all, 'i']);
  const { numbers } = await run(
    16,
    (at) => unpick(at, pick(at), false),
    places([2], 1, 1),
    value([2, 3], 1, 2, 3, 4, 5, 6),
  );
  expect(numbers).toEqual([0, 0, 0, 5, 7, 9]);
});
