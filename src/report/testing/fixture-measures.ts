import type { Comparison, Measurement } from '../../contracts/index.ts';
import { metrics } from './metrics.ts';

/** The versions of the example run. */
export const ids = {
  clean: 'cleaned graph',
  dynamic: 'quantize/dynamic(perChannel=true)',
  both: 'quantize/dynamic(perChannel=true) + quantize/embedding',
  half: 'quantize/float16',
  four: 'quantize/blockwise(bits=4, block=32)',
  crash: 'quantize/blockwise(bits=4, block=256)',
  refused: 'prune/heads(share=0.5)',
} as const;

/** What a version is like, in the fewest numbers; the rest follows. */
export interface Shape {
  readonly id: string;
  readonly ratio: number;
  readonly sizeBytes: number;
  readonly memory: number;
  readonly harmed: number;
  readonly helped: number;
  readonly other: number;
}
export const rows = 1000;
export const baselineRight = 924;
export const baseline: Shape = {
  id: 'baseline',
  ratio: 1,
  sizeBytes: 14_812_331,
  memory: 118e6,
  harmed: 0,
  helped: 0,
  other: 0,
};
export const shapes: readonly Shape[] = [
  { id: ids.clean, ratio: 0.97, sizeBytes: 14_640_120, memory: 117e6, harmed: 0, helped: 0, other: 0 },
  { id: ids.dynamic, ratio: 0.36, sizeBytes: 6_982_004, memory: 84e6, harmed: 3, helped: 2, other: 1 },
  { id: ids.both, ratio: 0.345, sizeBytes: 4_290_511, memory: 71e6, harmed: 2, helped: 2, other: 0 },
  { id: ids.half, ratio: 1.22, sizeBytes: 7_420_981, memory: 96e6, harmed: 0, helped: 1, other: 0 },
  { id: ids.four, ratio: 0.62, sizeBytes: 3_110_400, memory: 66e6, harmed: 44, helped: 9, other: 12 },
];

export const interval = (successes: number, of: number): { value: number; low: number; high: number } => {
  const share = successes / of;
  const z = 1.96;
  const middle = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
};

export const ratio = (value: number, spread: number, method: string): Comparison => ({
  kind: 'ratio',
  value,
  low: value * (1 - spread),
  high: value * (1 + spread),
  evidence: {
    kind: 'bootstrap',
    probabilities: [0.025, 0.5, 0.975],
    values: [value * (1 - spread), value, value * (1 + spread)],
  },
  method,
});

export const measure = (
  metric: string,
  span: { value: number; low: number; high: number },
  samples: number,
  more: Partial<Measurement> = {},
): Measurement => {
  const spec = metrics.find(({ id }) => id === metric)!;
  return { metric, unit: spec.unit, ...span, confidence: 0.95, samples, ...more };
};

export const around = (value: number, spread: number) => ({
  value,
  low: value * (1 - spread),
  high: value * (1 + spread),
});
export const exactly = (value: number) => ({ value, low: value, high: value });

export const pairs = (harmed: number, helped: number, of: number, right: number): Comparison => {
  const value = (helped - harmed) / of;
  const half = (1.96 * Math.sqrt(Math.max(harmed + helped, 1.5))) / of;
  return {
    kind: 'difference',
    value,
    low: value - half,
    high: value + half,
    evidence: {
      kind: 'pairs',
      bothRight: right - harmed,
      onlyBaselineRight: harmed,
      onlyCandidateRight: helped,
      bothWrong: of - right - helped,
    },
    method: `Tango score interval over ${of} paired examples`,
  };
};

export const groups = [
  { slice: 'style=formal', of: 420, right: 401, harmed: 0, helped: 1 },
  { slice: 'style=casual', of: 390, right: 353, harmed: 1, helped: 1 },
  { slice: 'style=learner', of: 152, right: 136, harmed: 1, helped: 0 },
  { slice: 'style=<b>x</b>|y', of: 38, right: 34, harmed: 0, helped: 0 },
];

export const quality = (shape: Shape, isBaseline: boolean): Measurement[] => {
  const right = baselineRight - shape.harmed + shape.helped;
  const versus = isBaseline ? {} : { versus: pairs(shape.harmed, shape.helped, rows, baselineRight) };
  const scaled = (of: number): number => Math.round((shape.harmed * of) / rows);
  return [
    measure('accuracy', interval(right, rows), rows, versus),
    ...groups.map((group) => {
      const harmed = isBaseline ? 0 : shape.id === ids.both ? group.harmed : scaled(group.of);
      const helped = isBaseline ? 0 : group.helped;
      return measure('accuracy', interval(group.right - harmed + helped, group.of), group.of, {
        slice: group.slice,
        ...(isBaseline ? {} : { versus: pairs(harmed, helped, group.of, group.right) }),
      });
    }),
    measure('f1-macro', around(0.921 + (shape.helped - shape.harmed) / 1050, 0.018), rows),
    ...(isBaseline
      ? []
      : [
          measure('flips', interval(shape.harmed + shape.helped + shape.other, rows), rows),
          measure('harmed', interval(shape.harmed, rows), rows),
          measure('helped', interval(shape.helped, rows), rows),
        ]),
  ];
};

export const speed = (shape: Shape, isBaseline: boolean): Measurement[] => {
  const method = 'paired percentile bootstrap over 120 interleaved rounds';
  const against = (value: number, spread: number) => (isBaseline ? {} : { versus: ratio(value, spread, method) });
  return [
    measure('latency-p50', around(11.93 * shape.ratio, 0.02), 120, {
      ...against(shape.ratio, 0.062),
      ...(isBaseline ? { versus: ratio(1.004, 0.012, 'the original against itself') } : {}),
    }),
    measure('latency-p90', around(14.2 * shape.ratio, 0.04), 120, against(shape.ratio, 0.09)),
    measure('cold-start', around(214 * (0.5 + shape.ratio / 2), 0.05), 9, against(0.5 + shape.ratio / 2, 0.08)),
    measure('memory-peak', around(shape.memory, 0.01), 5, against(shape.memory / baseline.memory, 0.015)),
    measure(
      'size',
      exactly(shape.sizeBytes),
      1,
      isBaseline
        ? {}
        : {
            versus: {
              kind: 'ratio',
              ...exactly(shape.sizeBytes / baseline.sizeBytes),
              evidence: { kind: 'exact' },
              method: 'exact',
            },
          },
    ),
    measure('cost', around(0.141 * shape.ratio, 0.03), 120, {
      ...against(shape.ratio, 0.05),
      caveat: 'an estimate from CPU time; it leaves out idle machines',
    }),
  ];
};
