import { expect, test } from 'vitest';
import type { Descent, Move, Trained } from '../../../contracts/index.ts';
import { TrainedWeights } from './trained-weights.ts';

const trained = (weight: string, dims: number[], more: Partial<Trained> = {}): Trained => ({
  weight,
  gradient: `${weight}/gradient`,
  dims,
  rateFactor: 1,
  decays: true,
  ...more,
});
const move: Move = {
  clip: Infinity,
  keepFirst: 0.9,
  keepSecond: 0.99,
  take: 0.1,
  epsilon: 1e-3,
  size: 0.05,
  decay: 0.01,
  keepMean: 0.75,
};
const step = (more: Partial<Move> = {}, share = 1): Descent => ({ share, move: { ...move, ...more } });
const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 7.3 + i * 1.7));
const given = (gradients: Record<string, Float32Array>) => (name: string) => gradients[name.replace('/gradient', '')]!;
const close = (got: Float32Array, want: readonly number[]): void => {
  expect(got).toHaveLength(want.length);
  for (const [i, x] of want.entries()) expect(Math.abs(got[i]! - x), `[${i}] ${got[i]} for ${x}`).toBeLessThan(2e-6);
};

/** The same in double precision, as `Move` says it. */
class Reference {
  readonly w: Record<string, number[]>;
  readonly m: Record<string, number[]>;
  readonly v: Record<string, number[]>;
  readonly mean: Record<string, number[]>;
  readonly all: readonly Trained[];
  constructor(all: readonly Trained[], start: Record<string, Float32Array>) {
    this.all = all;
    this.w = Object.fromEntries(all.map(({ weight }) => [weight, [...start[weight]!]]));
    this.m = Object.fromEntries(all.map(({ weight }) => [weight, this.w[weight]!.map(() => 0)]));
    this.v = Object.fromEntries(all.map(({ weight }) => [weight, this.w[weight]!.map(() => 0)]));
    this.mean = Object.fromEntries(all.map(({ weight }) => [weight, [...this.w[weight]!]]));
  }
  descend(g: Record<string, readonly number[]>, by: Move): number {
    const norm = Math.sqrt(Object.values(g).reduce((sum, one) => one.reduce((s, x) => s + x * x, sum), 0));
    const factor = Math.min(1, by.clip / (norm + 1e-6));
    for (const { weight, rateFactor, decays } of this.all)
      for (const [i, x] of g[weight]!.entries()) {
        const a = by.take * factor * x;
        const [w, m, v, mean] = [this.w, this.m, this.v, this.mean].map((one) => one[weight]!) as [
          number[],
          number[],
          number[],
          number[],
        ];
        m[i] = by.keepFirst * m[i]! + a;
        v[i] = by.keepSecond * v[i]! + a * a;
        w[i] =
          (1 - (decays ? by.decay * rateFactor : 0)) * w[i]! -
          (by.size * rateFactor * m[i]!) / (Math.sqrt(v[i]!) + by.epsilon);
        mean[i] = by.keepMean * mean[i]! + (1 - by.keepMean) * w[i]!;
      }
    return norm;
  }
}

// Sizes around the four values that the kernel takes at a time, none at all, and more than it brings at a time.
const weights = [
  trained('one', []),
  trained('odd', [7]),
  trained('none', [0, 4]),
  trained('slow', [3, 4], { rateFactor: 0.1 }),
  trained('plain', [5], { decays: false }),
  trained('large', [130, 129]),
];
const size = ({ dims }: Trained): number => dims.reduce((product, dim) => product * dim, 1);
const start = Object.fromEntries(weights.map((one, i) => [one.weight, numbers(size(one), i)]));
const opened = (averages = true): TrainedWeights => {
  const all = new TrainedWeights({ weights, averages });
  for (const { weight } of weights) all.write(weight, start[weight]!);
  return all;
};
const gradients = (seed: number): Record<string, Float32Array> =>
  Object.fromEntries(weights.map((one, i) => [one.weight, numbers(size(one), seed * 100 + i)]));

test('steps are those of double precision: decay, rates, clipping, means', () => {
  const all = opened();
  const reference = new Reference(weights, start);
  for (let t = 1; t <= 4; t++) {
    const g = gradients(t);
    const by = { clip: t === 2 ? 1 : Infinity };
    const norm = all.descend(given(g), step(by));
    const wanted = reference.descend(
      Object.fromEntries(Object.entries(g).map(([name, values]) => [name, [...values]])),
      { ...move, ...by },
    );
    expect(norm / wanted).toBeCloseTo(1, 6);
    for (const { weight } of weights) {
      close(all.read(weight).data, reference.w[weight]!);
      close(all.read(`${weight}/first`).data, reference.m[weight]!);
      close(all.read(`${weight}/second`).data, reference.v[weight]!);
      close(all.read(`${weight}/mean`).data, reference.mean[weight]!);
    }
  }
});

test('gradients of several runs are one, by their shares', () => {
  const [whole, parts] = [opened(false), opened(false)];
  for (let t = 1; t <= 2; t++) {
    const [a, b] = [gradients(t), gradients(t + 10)];
    const mixed = Object.fromEntries(
      Object.entries(a).map(([name, values]) => [name, values.map((x, i) => 0.25 * x + 0.75 * b[name]![i]!)]),
    );
    const before = parts.read('large').data;
    parts.descend(given(a), { share: 0.25, move: null });
    expect(parts.read('large').data).toEqual(before);
    const norm = parts.descend(given(b), step({ clip: 1 }, 0.75));
    expect(norm / whole.descend(given(mixed), step({ clip: 1 }))).toBeCloseTo(1, 6);
    for (const { weight } of weights) close(parts.read(weight).data, [...whole.read(weight).data]);
  }
});

test('nothing moves by a gradient that is not finite, and the next step is a new one', () => {
  const [hurt, sound] = [opened(), opened()];
  const bad = gradients(1);
  bad['odd'] = bad['odd']!.with(6, Number.NaN);
  expect(hurt.descend(given(bad), step())).toBeNaN();
  for (const { weight } of weights) expect(hurt.read(weight).data).toEqual(start[weight]);
  bad['odd'] = bad['odd'].with(6, Infinity);
  expect(hurt.descend(given(bad), step())).toBe(Infinity);
  hurt.descend(given(gradients(2)), step());
  sound.descend(given(gradients(2)), step());
  expect(hurt.read('large').data).toEqual(sound.read('large').data);
});

test('a run reads weights where they lie; what is read is a copy', () => {
  const all = opened();
  const lying = all.weights.find(({ of }) => of.weight === 'odd')!.values;
  const copy = all.read('odd');
  expect(copy).toEqual({ dims: [7], data: start['odd'] });
  all.descend(given(gradients(1)), step());
  expect(copy.data).toEqual(start['odd']);
  expect(lying).toEqual(all.read('odd').data);
  expect(lying).not.toEqual(copy.data);
});

test('values that are written are gone on from', () => {
  const [all, other] = [opened(), opened()];
  for (let t = 1; t <= 2; t++) all.descend(given(gradients(t)), step());
  for (const { weight } of weights)
    for (const name of [weight, `${weight}/first`, `${weight}/second`, `${weight}/mean`])
      other.write(name, all.read(name).data);
  all.descend(given(gradients(3)), step());
  other.descend(given(gradients(3)), step());
  for (const { weight } of weights)
    for (const name of [weight, `${weight}/mean`]) expect(other.read(name)).toEqual(all.read(name));
});

test('weights in several memories move as in one', () => {
  const [one, several] = [opened(false), new TrainedWeights({ weights, averages: false }, 64)];
  for (const { weight } of weights) several.write(weight, start[weight]!);
  const memories = new Set(several.weights.map(({ values }) => values.buffer));
  expect(memories.size).toBeGreaterThan(3);
  for (let t = 1; t <= 2; t++) {
    const norms = [one, several].map((all) => all.descend(given(gradients(t)), step({ clip: 1 })));
    expect(norms[0]).toBe(norms[1]);
  }
  for (const { weight } of weights) expect(several.read(weight)).toEqual(one.read(weight));
});

test('what is not kept cannot be written or read', () => {
  const all = opened(false);
  expect(() => all.read('odd/mean')).toThrow('nothing is kept by the name "odd/mean"');
  expect(() => all.write('other', new Float32Array(1))).toThrow('"other"');
  const short = { ...gradients(1), odd: new Float32Array(6) };
  expect(() => all.descend(given(short), step())).toThrow('"odd/gradient" has 6 values, the weight 7');
});
