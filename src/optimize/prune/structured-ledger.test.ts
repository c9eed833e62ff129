import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { describe as told, skip, type Ledger } from './structured-ledger.ts';

test('a reason is noted once for the same layers, and again for others', () => {
  const ledger: Ledger = { counts: new Map(), changes: new Map(), skipped: new Map() };
  skip(ledger, 'too few', ['a', 'b']);
  skip(ledger, 'too few', ['a', 'b']);
  skip(ledger, 'too few', ['c']);
  expect([...ledger.skipped.values()]).toEqual([
    { reason: 'too few', nodes: ['a', 'b'] },
    { reason: 'too few', nodes: ['c'] },
  ]);
});

test('a change tells what stays of it, and the errors of at most four layers that read it', () => {
  const [node] = edit(model('x: float32[N, 4]; y = Relu(x)')).nodes();
  const group = {
    count: 8,
    values: new Map(),
    producers: [],
    consumers: [],
    cuts: [],
    edits: [],
    nodes: [],
    restated: false,
  };
  const target = { kind: 'heads', group, multiple: 1, least: 1, nodes: [] } as const;
  const report = { node: node!, before: 0.5, after: 0.25 };
  expect(told(target, 4, 3, [])).toBe('3 of 4 heads kept');
  expect(told(target, 4, 3, [report])).toBe(
    '3 of 4 heads kept; error of what reads them 50.0 % to 25.0 % by least squares',
  );
  expect(told(target, 4, 3, Array(6).fill(report)).match(/50\.0 %/g)).toHaveLength(4);
});
