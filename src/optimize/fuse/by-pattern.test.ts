import { expect, test } from 'vitest';
import { op, parseText, printLine, shape, value } from '../../model/graph/index.ts';
import type { Rewrite } from '../../model/graph/index.ts';
import { fuseByPattern } from './by-pattern.ts';

const rename = (from: string, to: string): Rewrite => ({
  shape: shape(from, op(from, [value('x')])),
  what: `${from} became ${to}`,
  build: (match) => [{ op: to, inputs: [match.value('x')], outputs: match.root.outputs }],
});
const signal = new AbortController().signal;
const stages = [() => [rename('Neg', 'Abs')], () => [rename('Abs', 'Relu')]];

test('stages follow each other, in bodies too', async () => {
  const model = parseText(
    'a = Neg(x); y = If(c) {then_branch: graph "t" { t = Neg(a) }, else_branch: graph "e" { e = Abs(x) }}',
  );
  const result = await fuseByPattern(model, { signal }, stages, 'nothing');
  expect(printLine(result.model)).not.toMatch(/Neg|Abs/);
  expect(result.changes.length).toBe(5);
});

test('says when nothing came near', async () => {
  const model = parseText('y = Exp(x)');
  const result = await fuseByPattern(model, { signal }, stages, 'nothing here');
  expect(result.model).toBe(model);
  expect(result.skipped).toEqual([{ reason: 'nothing here', nodes: [] }]);
});

test('cancels before it starts', async () => {
  await expect(fuseByPattern(parseText('y = Neg(x)'), { signal: AbortSignal.abort() }, stages, '')).rejects.toThrow();
});
