import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';

const f = 'float64';
const text = (equation: string, inputs: readonly (readonly (number | string)[])[], rank: number): string =>
  `${inputs.map((dims, i) => `x${i}: ${f}[${dims.join()}]`).join('; ')}; r = Einsum(${inputs.map((_, i) => `x${i}`).join()}) {equation: "${equation}"}; y = Mul(r, r); -> y: ${f}[${Array.from({ length: rank }, () => '?').join()}]`;

test.each<[string, number[][], number]>([
  [
    'ij,jk->ik',
    [
      [2, 3],
      [3, 4],
    ],
    2,
  ],
  [
    'bhid,bhjd->bhij',
    [
      [2, 2, 3, 2],
      [2, 2, 4, 2],
    ],
    4,
  ],
  [
    'bij, bjk -> bki',
    [
      [2, 2, 3],
      [2, 3, 2],
    ],
    3,
  ],
  ['ij->ji', [[2, 3]], 2],
  ['ij->i', [[2, 3]], 1],
  [
    'ij,kl->il',
    [
      [2, 3],
      [3, 2],
    ],
    2,
  ],
  ['i,i->', [[3], [3]], 0],
  ['i,j', [[2], [3]], 2],
  [
    'ij,jk,kl->il',
    [
      [2, 3],
      [3, 2],
      [2, 2],
    ],
    2,
  ],
  [
    '...ij,...jk->...ik',
    [
      [2, 2, 3],
      [2, 3, 2],
    ],
    3,
  ],
  ['...i,i->...', [[2, 3, 2], [2]], 2],
  [
    'bij,bjk->bik',
    [
      [1, 2, 3],
      [2, 3, 2],
    ],
    3,
  ],
])('%s of %j', async (equation, dims, rank) => {
  const shapes = Object.fromEntries(dims.map((one, i) => [`x${i}`, one]));
  expect(await gradientError({ text: text(equation, dims, rank), shapes })).toBeLessThan(1e-6);
  const open = dims.map((one) => one.map(() => '?'));
  expect(await gradientError({ text: text(equation, open, rank), shapes }), 'at run time').toBeLessThan(1e-6);
});

test('refuses a diagonal', () => {
  const model = parseText('x: float32[3, 3]; y = Einsum(x) {equation: "ii->"}; -> y: float32[]');
  expect(() => differentiate(model, 'y', ['x'], emitter(model))).toThrow('takes a diagonal');
});
