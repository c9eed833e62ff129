import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { seeded } from '../../statistics/index.ts';
import { emitter, extend, type Emitter } from '../writing/emit.ts';
import { differentiate } from './gradient.ts';
import { distillation, hiddenStates, relations, relationScores, weightedCrossEntropy } from './losses.ts';
import { evaluate } from './testing/differences.ts';

const python = process.env['STEELYARD_PYTHON'];
const hasTorch = (): boolean => {
  if (python === undefined) return false;
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const able = hasTorch();
if (!able) process.stdout.write('skipped: losses against torch, for STEELYARD_PYTHON names no Python that has torch\n');

/** The losses as their papers and torch write them, with their gradients to the student's values. */
const reference = `
import json, sys, torch
import torch.nn.functional as F
d = json.load(sys.stdin)
t = lambda n, *s: torch.tensor(d[n], dtype=torch.float32).reshape(*s)
y = t('y', 4, 3).requires_grad_(); z = t('z', 4, 3); s = t('s', 2, 5, 8).requires_grad_(); h = t('h', 2, 5, 8); m = t('m', 2, 5)
T = 3.0
kd = F.kl_div(F.log_softmax(y / T, -1), F.softmax(z / T, -1), reduction='batchmean') * T * T
ce = F.cross_entropy(y, torch.tensor([1, -1, 0, 2]), ignore_index=-1)
keep = m.bool()
mse = F.mse_loss(s[keep], h[keep])
def rel(x):
    p = x.reshape(2, 5, 2, 4).transpose(1, 2)
    return (p @ p.transpose(-1, -2) / 2.0).masked_fill(~keep[:, None, None, :], -1e4)
kl = F.kl_div(F.log_softmax(rel(s), -1), F.softmax(rel(h), -1), reduction='none').sum(-1).mean(1)
re = (kl * m).sum() / m.sum()
out = {}
for n, l, w in (('kd', kd, y), ('ce', ce, y), ('mse', mse, s), ('re', re, s)):
    out[n] = [l.item()] + torch.autograd.grad(l, w, retain_graph=True)[0].flatten().tolist()
print(json.dumps(out))
`;

test.skipIf(!able)('values and gradients are those of torch', async () => {
  const random = seeded(1, 'torch');
  const draw = (count: number): number[] => Array.from({ length: count }, () => Math.fround(random.normal()));
  const data = { y: draw(12), z: draw(12), s: draw(80), h: draw(80), m: [1, 1, 1, 0, 0, 1, 1, 1, 1, 1] };
  const expected = JSON.parse(
    execFileSync(python!, ['-c', reference], { input: JSON.stringify(data) }).toString(),
  ) as Record<string, number[]>;
  const relation = (to: Emitter, x: string): string => relationScores(to, x, x, 'm', 2, 4);
  const losses: Record<string, readonly [string, (to: Emitter) => string]> = {
    kd: ['y', (to) => distillation(to, 'y', 'z', 3)],
    ce: ['y', (to) => weightedCrossEntropy(to, 'y', 'l', 'w', 3, 0)],
    mse: ['s', (to) => hiddenStates(to, 's', 'h', 'm')],
    re: ['s', (to) => relations(to, relation(to, 's'), relation(to, 'h'), 'm')],
  };
  const floats = (dims: number[], values: readonly number[]): Value => ({
    dtype: 'float32',
    dims,
    data: Float32Array.from(values),
  });
  for (const [name, [wanted, write]] of Object.entries(losses)) {
    const source = parseText(`
      y: float32[N, 3]; z: float32[N, 3]; s: float32[B, T, 8]; h: float32[B, T, 8]; m: float32[B, T]; l: int64[N]; w: float32[N]
      n1 = Neg(y); n2 = Neg(z); n3 = Neg(s); n4 = Neg(h); n5 = Neg(m); n6 = Neg(l); n7 = Neg(w)`);
    const forward = emitter(source);
    const loss = write(forward);
    const measured = extend(source, forward);
    const to = emitter(measured);
    const gradient = differentiate(measured, loss, [wanted], to).get(wanted)!;
    const model = extend(measured, to);
    const outputs = [loss, gradient].map((one) => ({ name: one, type: null }));
    const run = await evaluate({ ...model, graph: { ...model.graph, outputs } });
    const found = await run({
      y: floats([4, 3], data.y),
      z: floats([4, 3], data.z),
      s: floats([2, 5, 8], data.s),
      h: floats([2, 5, 8], data.h),
      m: floats([2, 5], data.m),
      l: { dtype: 'int64', dims: [4], data: BigInt64Array.of(1n, -1n, 0n, 2n) },
      w: floats([4], [1, 0, 1, 1]),
    });
    const all = [found[loss]!, found[gradient]!].flatMap((value) => Array.from(value.data as Float32Array));
    expect(all).toHaveLength(expected[name]!.length);
    for (const [i, value] of all.entries()) expect(value, `${name} ${i}`).toBeCloseTo(expected[name]![i]!, 4);
  }
});
