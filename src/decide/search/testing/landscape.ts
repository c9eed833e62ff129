import type {
  Ask,
  Dimension,
  Point,
  Rung,
  SearchProblem,
  Space,
  TrialOutcome,
  Tried,
} from '../../../contracts/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { pointsOf } from '../points.ts';
import { keyOf } from '../shape.ts';

/** A world to search in: what there is, and what a look at it shows. */
export interface Landscape {
  readonly space: Space;
  readonly seeds: readonly Point[];
  readonly objectives: readonly string[];
  readonly rungs: readonly Rung[];
  /** Where a point stands in truth. */
  truth(point: Point): Truth;
  /** What a look shows, noise included; the same for the same look. */
  look(ask: Ask): Omit<Tried, 'point' | 'rung'>;
}

export type Truth =
  | { readonly kind: 'runs'; readonly objectives: readonly number[]; readonly misses: number }
  | { readonly kind: 'fails' };

export const dimension = (
  id: string,
  values: number | readonly string[],
  rest: Partial<Pick<Dimension, 'ordered' | 'when'>> = {},
): Dimension => ({
  id,
  title: id,
  values: typeof values === 'number' ? Array.from({ length: values }, (_, i) => String(i)) : values,
  ordered: rest.ordered ?? false,
  ...(rest.when === undefined ? {} : { when: rest.when }),
});

export const spaceOf = (
  dimensions: readonly Dimension[],
  excluded: (point: Point) => string | null = () => null,
): Space => ({ dimensions, excluded });

export const looked = (
  objectives: readonly number[],
  rest: Partial<Extract<TrialOutcome, { kind: 'looked' }>> = {},
): TrialOutcome => ({
  kind: 'looked',
  objectives,
  errors: objectives.map(() => 0),
  misses: 0,
  hopeless: false,
  ...rest,
});

export const problemOf = (landscape: Landscape, rest: Partial<SearchProblem> = {}): SearchProblem => ({
  space: landscape.space,
  seeds: landscape.seeds,
  objectives: landscape.objectives,
  rungs: landscape.rungs,
  seconds: 1e9,
  width: 1,
  seed: 1,
  ...rest,
});

/** What going through everything in full would take. */
export const exhaustiveSeconds = (landscape: Landscape): number => {
  const rung = landscape.rungs.length - 1;
  let sum = 0;
  for (const point of pointsOf(landscape.space)) sum += landscape.look({ point, rung }).seconds;
  return sum;
};

/** A noise of standard deviation 1 that belongs to a label: the same look shows the same. */
export const noise = (seed: number, label: string): number => seeded(seed, label).normal();

/** Like tuning a classifier: ways of small numbers with options that count only for some of them, cuts of the network, threads, batches.
 *  Objectives: log latency, log size; the condition is a loss of accuracy. Effects mostly add up, some depend on each other; cheap looks are
 *  noisy, a little biased, and know less about accuracy. 540 points, some of which fail and some of which are excluded. */
export const tuning = (seed: number): Landscape => {
  const rungs: Rung[] = [
    { name: 'glance', cost: 0.08 },
    { name: 'look', cost: 0.3 },
    { name: 'full', cost: 1 },
  ];
  const dimensions = [
    dimension('numbers', ['float32', 'float16', 'dynamic', 'static', 'blocks']),
    dimension('bits', ['8', '7', '4'], { ordered: true, when: { dimension: 'numbers', values: [2, 3] } }),
    dimension('block', ['32', '64', '128'], { ordered: true, when: { dimension: 'numbers', values: [4] } }),
    dimension('cut', ['none', '25 %', '50 %', '75 %'], { ordered: true }),
    dimension('threads', ['1', '2', '4'], { ordered: true }),
    dimension('mode', ['sequential', 'parallel']),
    dimension('table', ['kept', 'int8']),
  ];
  const r = seeded(seed, 'landscape');
  const between = (low: number, high: number): number => low + (high - low) * r.next();
  // What the ways of small numbers do to latency, size and accuracy differs from model to model.
  const speed = [0, between(-0.05, 0.1), between(-0.9, -0.5), between(-1, -0.4), between(-0.3, 0.3)];
  const size = [0, -0.69, -1.35, -1.35, -1.6];
  const harm = [0, 0, between(0.002, 0.01), between(0.004, 0.02), between(0.004, 0.015)];
  const bitsSpeed = between(-0.05, 0.1);
  const bitsHarm = between(0, 0.02);
  const blockSpeed = between(-0.1, 0);
  const cutHarm = between(0.003, 0.012);
  const threadGain = between(0.2, 0.45);
  const parallel = between(-0.05, 0.15);
  const together = between(-0.1, 0.1);
  const allowed = between(0.015, 0.03);
  const space = spaceOf(dimensions, ([numbers, , , , threads, mode]) =>
    mode === 1 && threads === 0
      ? 'one thread has nothing to run in parallel'
      : numbers === 1 && threads === 2
        ? 'no use'
        : null,
  );
  const truth = ([numbers, bits, block, cut, threads, mode, table]: Point): Truth => {
    if (numbers === 3 && cut === 3) return { kind: 'fails' };
    const latency =
      speed[numbers!]! +
      bits! * bitsSpeed +
      block! * blockSpeed +
      -0.22 * cut! +
      -threadGain * threads! * (1 - 0.12 * cut!) +
      mode! * (parallel - 0.05 * threads!) +
      (numbers === 2 && cut! > 1 ? together : 0);
    const bytes = size[numbers!]! - 0.17 * cut! - bits! * 0.12 + block! * -0.05 + (table === 1 ? -0.35 : 0);
    const loss =
      harm[numbers!]! + bits! * bits! * bitsHarm + block! * 0.002 + cutHarm * cut! ** 1.6 + (table === 1 ? 0.002 : 0);
    return { kind: 'runs', objectives: [latency, bytes], misses: Math.max(0, loss / allowed - 1) };
  };
  const spread = [0.08, 0.04, 0.015];
  const unsure = [0.5, 0.2, 0.03];
  return {
    space,
    seeds: [
      [2, 0, 0, 0, 1, 0, 0],
      [2, 1, 0, 0, 1, 0, 1],
      [3, 1, 0, 0, 1, 0, 1],
      [4, 0, 1, 0, 1, 0, 1],
      [1, 0, 0, 0, 1, 0, 0],
    ],
    objectives: ['latency', 'size'],
    rungs,
    truth,
    look({ point, rung }) {
      const own = truth(point);
      const label = `${keyOf(point)} at ${rung}`;
      const slow = 1 + (point[0] === 3 ? 0.5 : 0);
      if (own.kind === 'fails') return { outcome: { kind: 'failed', reason: 'it does not run' }, seconds: 2 };
      const seconds = 20 * rungs[rung]!.cost * slow * (1 + 0.15 * noise(seed, `seconds of ${label}`) ** 2);
      const [latency, bytes] = own.objectives as [number, number];
      const bias = rung === 0 ? 0.05 * noise(seed, `bias of ${keyOf(point)}`) : 0;
      const seen = latency + bias + spread[rung]! * noise(seed, `latency of ${label}`);
      const missing = own.misses + (own.misses > 0 ? unsure[rung]! * noise(seed, `misses of ${label}`) : 0);
      return {
        outcome: looked([seen, bytes], {
          errors: [spread[rung]!, 0],
          misses: Math.max(0, missing),
          hopeless: own.misses > 4 * unsure[rung]!,
        }),
        seconds,
      };
    },
  };
};
