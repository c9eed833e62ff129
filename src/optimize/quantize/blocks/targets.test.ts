import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { model } from '../../testing/quantized.ts';
import { groupsOf, skipUnit, unitLabel, unitsOf } from './targets.ts';

test('one unit a weight and layout, however many nodes use it', () => {
  const draft = edit(
    model(`x: float32[N, 8]; z: float32[N, 8]; w = float32[8, 8]{...}; v = float32[8, 4]{...}
      a = MatMul(x, w) as "first"; b = MatMul(a, w); c = Gemm(z, w) {transB: 1}; d = MatMul(b, v); e = MatMul(x, z)`),
  );
  const units = unitsOf(draft, ['d']);
  expect(units.map((unit) => [unitLabel(unit), unit.linears.length, unit.inputs])).toEqual([
    ['first', 2, ['x', 'a']],
    ['c', 1, ['z']],
  ]);
  skipUnit(draft, units[0]!, 'why');
  expect(draft.done().skipped).toEqual([
    { reason: 'excluded by the exclude option', nodes: ['d'] },
    { reason: 'both operands are computed at run time', nodes: ['e'] },
    { reason: 'why', nodes: ['first'] },
    { reason: 'why', nodes: ['b'] },
  ]);
});

test('a common input or a common weight makes a group', () => {
  const draft = edit(
    model(`x: float32[N, 8]; z: float32[N, 8]; q = float32[8, 8]{...}; k = float32[8, 8]{...}; s = float32[8, 8]{...}; o = float32[8, 8]{...}
      a = MatMul(x, q); b = MatMul(x, k); c = MatMul(z, s); d = MatMul(x, s); e = MatMul(c, o)`),
  );
  const groups = groupsOf(unitsOf(draft, []));
  expect(groups.map(({ inputs, units }) => [inputs, units.map(unitLabel)])).toEqual([
    [
      ['x', 'z'],
      ['a', 'b', 'c'],
    ],
    [['c'], ['e']],
  ]);
});
