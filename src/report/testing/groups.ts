import {
  tooFew,
  type MeasureRecord,
  type Measurement,
  type MetricSpec,
  type StoreRecord,
} from '../../contracts/index.ts';
import { ids, interval, pairs } from './fixture-measures.ts';

const spec = (id: string, title: string, more: Partial<MetricSpec> = {}): MetricSpec => ({
  id,
  title,
  unit: 'proportion',
  better: 'higher',
  versus: 'difference',
  definition: `${title}, as its evaluator defines it.`,
  ...more,
});

/** Declarations of what evaluators of groups measure. */
export const groupSpecs: readonly MetricSpec[] = [
  spec('worst-group-accuracy', 'Accuracy of the worst group'),
  spec('worst-group-loss', 'Largest loss of a group', { better: 'lower', versus: 'none' }),
  spec('accuracy-gap', 'Accuracy gap between groups', { better: 'lower' }),
  spec('group-accuracy', 'Accuracy of a group'),
  spec('demographic-parity-difference', 'Demographic parity difference', { better: 'lower' }),
  spec('group-flips', 'Changed answers in a group', { better: 'lower', versus: 'none' }),
  spec('group-harm', 'Harm to a group', { unit: 'ratio', better: 'lower', versus: 'none' }),
  spec('flips-by-group', 'Changed answers independent of the group', { better: 'neither', versus: 'none' }),
  spec('harm-by-group', 'Lost answers independent of the group', { better: 'neither', versus: 'none' }),
  spec('groups-compared', 'Groups compared', { unit: 'count', better: 'neither', versus: 'none' }),
  spec('counterfactual-consistency', 'Same answer whoever it is about'),
];

/** Rows, right answers of the original, lost and won with the version. */
export interface GroupShape {
  readonly slice: string;
  readonly of: number;
  readonly right: number;
  readonly lost: number;
  readonly won: number;
}

/** Two languages in three styles; those who learn the language lose. */
export const hurting: readonly GroupShape[] = [
  { slice: 'style=formal', of: 420, right: 401, lost: 2, won: 2 },
  { slice: 'style=casual', of: 390, right: 353, lost: 5, won: 4 },
  { slice: 'style=learner', of: 152, right: 136, lost: 19, won: 1 },
  { slice: 'language=<b>en</b>', of: 600, right: 560, lost: 8, won: 4 },
  { slice: 'language=de', of: 362, right: 330, lost: 18, won: 3 },
  { slice: 'style × language=learner × de', of: 98, right: 88, lost: 15, won: 0 },
];

/** The same, with nobody hurt. */
export const sparing: readonly GroupShape[] = hurting.map((one) => ({ ...one, lost: 1, won: 1 }));

const measurementsOf = (shapes: readonly GroupShape[], isBaseline: boolean): Measurement[] => {
  const measure = (
    metric: string,
    span: { value: number; low: number; high: number },
    samples: number,
    more: Partial<Measurement> = {},
  ): Measurement => ({
    metric,
    unit: groupSpecs.find(({ id }) => id === metric)!.unit,
    ...span,
    confidence: 0.95,
    samples,
    ...more,
  });
  const now = (one: GroupShape): number => one.right - (isBaseline ? 0 : one.lost - one.won);
  const against = (value: number, half: number): Partial<Measurement> =>
    isBaseline
      ? {}
      : {
          versus: {
            kind: 'difference',
            value,
            low: value - half,
            high: value + half,
            evidence: {
              kind: 'bootstrap',
              probabilities: [0.025, 0.5, 0.975],
              values: [value - half, value, value + half],
            },
            method: 'paired bootstrap',
          },
        };
  const singles = shapes.filter(({ slice }) => !slice.includes('×'));
  const shares = singles.map((one) => now(one) / one.of);
  const before = singles.map(({ right, of }) => right / of);
  const worst = Math.min(...shares);
  const lost = shapes.map((one) => (one.lost - one.won) / one.of);
  const whole = { lost: 26, of: 962 };
  const gap = (some: readonly number[]): number => Math.max(...some.slice(0, 3)) - Math.min(...some.slice(0, 3));
  return [
    measure(
      'worst-group-accuracy',
      interval(Math.round(worst * 152), 152),
      152,
      against(worst - Math.min(...before), 0.05),
    ),
    measure(
      'worst-group-loss',
      isBaseline
        ? { value: 0, low: 0, high: 0 }
        : { value: Math.max(...lost), low: 0.04, high: Math.max(...lost) + 0.07 },
      98,
    ),
    measure('accuracy-gap', { value: gap(shares), low: 0, high: gap(shares) + 0.04 }, 152, {
      slice: 'groups=style',
      ...against(gap(shares) - gap(before), 0.04),
    }),
    measure('demographic-parity-difference', { value: 0.031, low: 0.02, high: 0.05 }, 152, {
      slice: 'groups=style',
      ...against(0.004, 0.01),
    }),
    ...shapes.map((one) =>
      measure('group-accuracy', interval(now(one), one.of), one.of, {
        slice: one.slice,
        ...(isBaseline
          ? {}
          : {
              versus: {
                ...pairs(one.lost, one.won, one.of, one.right),
                method: `Tango score interval on ${one.of} paired answers, for ${shapes.length} groups together (Bonferroni)`,
              },
            }),
      }),
    ),
    ...(isBaseline
      ? []
      : [
          ...shapes.flatMap((one) => {
            const ratio = one.lost / one.of / (whole.lost / whole.of);
            return [
              measure('group-flips', interval(one.lost + one.won, one.of), one.of, { slice: one.slice }),
              measure('group-harm', { value: ratio, low: ratio * 0.7, high: ratio * 1.3 }, one.of, {
                slice: one.slice,
              }),
            ];
          }),
          measure('harm-by-group', { value: shapes === hurting ? 0.0005 : 0.62, low: 0.0001, high: 0.65 }, 962, {
            slice: 'groups=style',
          }),
          measure('flips-by-group', { value: 0.41, low: 0.39, high: 0.43 }, 962, { slice: 'groups=style' }),
        ]),
    measure('groups-compared', { value: shapes.length, low: shapes.length, high: shapes.length }, 1000, {
      caveat: '26 examples have no style',
      refused: [tooFew('style=<i>poet</i>', 12)],
    }),
    measure('counterfactual-consistency', interval(isBaseline ? 188 : 181, 190), 190, {
      slice: 'kind=names',
      ...against(-7 / 190, 0.03),
    }),
    measure('counterfactual-consistency', interval(isBaseline ? 95 : 95, 95), 95, {
      slice: 'kind=pronouns',
      ...against(0, 0.02),
    }),
  ];
};

/** A record of what was measured by group, for the version that the example run chooses. */
export const groupRecord = (shapes: readonly GroupShape[], records: readonly StoreRecord[]): MeasureRecord => {
  const other = records.find((record): record is MeasureRecord => record.kind === 'measure')!;
  return {
    ...other,
    key: `sha256:${'9'.repeat(64)}`,
    evaluator: 'fairness/groups',
    split: 'evaluation',
    outcomes: {
      baseline: { kind: 'measured', measurements: measurementsOf(shapes, true) },
      [ids.both]: { kind: 'measured', measurements: measurementsOf(shapes, false) },
    },
  };
};
