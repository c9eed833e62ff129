import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { knowledgeOf } from '../../writing/knowledge.ts';
import { placeOf } from '../take-apart.ts';
import type { Backward } from '../types.ts';
import { range, windowOf, type Window } from './window.ts';

const of = (attributes: string, x = '[1, 1, 7, 6]', kernel: readonly number[] | null = [3, 2]): Window => {
  const model = parseText(`x: float32${x}; w: float32[1, 1, 3, 2]; y = Conv(x, w) {${attributes}}; -> y: float32`);
  const to = emitter(model);
  return windowOf(placeOf(model.graph.nodes[0]!, to, knowledgeOf(model, to)) as Backward, 2, kernel);
};

test('states what the attributes leave open', () => {
  expect(of('')).toEqual({ strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] });
  expect(of('pads: [1, 2, 3, 4], strides: [2, 1]').pads).toEqual([1, 2, 3, 4]);
  expect(of('auto_pad: "VALID", pads: [1, 2, 3, 4]').pads).toEqual([0, 0, 0, 0]);
  expect(range(2, 5)).toEqual([2, 3, 4]);
  expect(range(2, 1)).toEqual([]);
});

test('padding by itself: as the specification says', () => {
  // Rows: 7 by steps of 2 are 4 windows, (4 − 1)·2 + 3 − 7 = 2. Columns: 6 by 1, 2 − 1 = 1, at the end or at the begin.
  expect(of('auto_pad: "SAME_UPPER", strides: [2, 1]').pads).toEqual([1, 0, 1, 1]);
  expect(of('auto_pad: "SAME_LOWER", strides: [2, 1]').pads).toEqual([1, 1, 1, 0]);
  // With steps of 1 no size is needed; the kernel may be an attribute.
  expect(of('auto_pad: "SAME_UPPER", dilations: [2, 1]', '[1, 1, H, W]').pads).toEqual([2, 0, 2, 1]);
  expect(of('auto_pad: "SAME_UPPER", kernel_shape: [5, 1]', '[1, 1, H, W]', null).pads).toEqual([2, 0, 2, 0]);
  expect(() => of('auto_pad: "SAME_UPPER", strides: [2, 2]', '[1, 1, H, W]')).toThrow('only at run time');
});
