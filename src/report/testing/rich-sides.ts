import type { BillLine } from '../../contracts/index.ts';

/** One number of a side: the original's, how much a harmful version adds to it, the half-width of its interval. */
export interface Fact {
  readonly metric: string;
  readonly original: number;
  readonly harm?: number;
  readonly half?: number;
  readonly samples?: number;
  readonly slice?: string;
  readonly method?: string;
  readonly caveat?: string;
  /** Of the original, and of a version. */
  readonly bills?: readonly [original: readonly BillLine[], version: readonly BillLine[]];
  /** A number about the difference to the original: the original has none. */
  readonly versionOnly?: boolean;
}

/** What is paid a month, with the machine's two parts. */
const bill = (atWork: number, idle: number): readonly BillLine[] =>
  Object.entries({
    'machine, at work': atWork,
    'machine, idle': idle,
    monitoring: 30,
    'audits and human review': 20,
  }).map(([name, amount]) => ({ name, amount, once: false }));

const notMlperf = 'not an MLPerf result (shorter runs)';
const imprecise =
  'imprecise session: two processes of the baseline differ by a factor of 1.005 [0.856, 1.184]: ± 16.4 %, the aim was ± 5.0 %';
const load = (metric: string, original: number, samples = 3000, more: Partial<Fact> = {}): Fact => ({
  metric,
  original,
  half: 0.05,
  samples,
  method:
    'median of ratios over 6 interleaved rounds on 2 sets of processes, paired bootstrap over rounds widened by the spread between processes',
  caveat: `${imprecise}; ${notMlperf}`,
  ...more,
});

const kinds: readonly (readonly [string, number])[] = [
  ['typo', 0.86],
  ['misspelling', 0.905],
  ['swap', 0.872],
  ['lower-case', 0.921],
  ['upper-case', 0.884],
  ['extra-space', 0.917],
  ['synonym', 0.861],
  ['homoglyph', 0.642],
  ['invisible', 0.655],
  ['ocr', 0.803],
  ['sms', 0.834],
  ['filler', 0.909],
  ['contraction', 0.92],
  ['negation-added', 0.752],
  ['long-before', 0.889],
];

const styles: readonly (readonly [string, number, number])[] = [
  ['style=formal', 0.955, 420],
  ['style=casual', 0.905, 390],
  ['style=learner', 0.895, 152],
];

const attacks: readonly (readonly [string, number, number])[] = [
  ['deepwordbug', 0.43, 38],
  ['textfooler', 0.31, 112],
  ['pwws', 0.36, 96],
  ['hotflip', 0.28, 74],
];

const tests = [
  'refunds on their way',
  'money back',
  'broken on arrival',
  'names do not matter',
  'negation',
  'places do not matter',
];

const estimate = `estimate: EUR 0.17 an hour for 4 cores, 4 a process; ${notMlperf}`;

/** Every side with plausible numbers, evaluator by evaluator. */
export const richSides: readonly { readonly evaluator: string; readonly facts: readonly Fact[] }[] = [
  {
    evaluator: 'quality/calibration',
    facts: [
      { metric: 'ece', original: 0.031, harm: 0.008, half: 0.011 },
      { metric: 'ece-equal-mass', original: 0.029, harm: 0.009, half: 0.012 },
      { metric: 'brier', original: 0.118, harm: 0.006, half: 0.014 },
      { metric: 'nll', original: 0.271, harm: 0.019, half: 0.031 },
      { metric: 'selective-accuracy', original: 0.987, harm: -0.002, half: 0.004 },
      { metric: 'selective-accuracy-10', original: 1, half: 0.01, samples: 101 },
      { metric: 'temperature', original: 1.13, harm: 0.05, half: 0.09, samples: 490 },
      {
        metric: 'ece-untempered',
        original: 0.036,
        harm: 0.01,
        half: 0.018,
        samples: 510,
        caveat: 'rough: 156 examples, calibration errors want about 300',
      },
      {
        metric: 'ece-tempered',
        original: 0.022,
        harm: 0.003,
        half: 0.015,
        samples: 510,
        caveat: 'rough: 156 examples, calibration errors want about 300',
      },
    ],
  },
  {
    evaluator: 'quality/distance',
    facts: [
      { metric: 'kl', original: 0, harm: 0.012, half: 0.002, versionOnly: true },
      { metric: 'kl-p50', original: 0, harm: 0.0009, half: 0.0002, versionOnly: true },
      { metric: 'kl-p95', original: 0, harm: 0.061, half: 0.012, versionOnly: true },
      { metric: 'label-loyalty', original: 1, harm: -0.012, half: 0.006, versionOnly: true },
      { metric: 'probability-loyalty', original: 1, harm: -0.02, half: 0.004, versionOnly: true },
    ],
  },
  {
    evaluator: 'quality/out-of-scope',
    facts: [
      { metric: 'out-of-scope-auroc', original: 0.947, harm: -0.006, half: 0.01, samples: 2000 },
      { metric: 'out-of-scope-fpr95', original: 0.214, harm: 0.018, half: 0.03, samples: 1000 },
      { metric: 'out-of-scope-overconfident', original: 0.061, harm: 0.011, half: 0.015, samples: 1000 },
    ],
  },
  {
    evaluator: 'fairness/groups',
    facts: [
      {
        metric: 'worst-group-accuracy',
        original: 0.895,
        harm: -0.011,
        half: 0.032,
        samples: 152,
        caveat: 'the worst is style=learner',
        method: 'hull of Tango score intervals of the groups that may be the worst (3 of 3)',
      },
      {
        metric: 'worst-group-loss',
        original: 0,
        harm: 0.011,
        half: 0.01,
        samples: 152,
        caveat: 'the worst is style=learner',
        versionOnly: true,
      },
      { metric: 'groups-compared', original: 3, samples: 1000, caveat: 'style=<b>x</b>|y (8 examples; 30 are needed)' },
      ...styles.flatMap(([slice, value, samples]): Fact[] => [
        {
          metric: 'group-accuracy',
          original: value,
          harm: slice === 'style=learner' ? -0.011 : -0.002,
          half: 0.02,
          samples,
          slice,
          method: 'Tango score interval, all groups together (Bonferroni over 3)',
        },
        {
          metric: 'group-flips',
          original: 0,
          harm: slice === 'style=learner' ? 0.02 : 0.006,
          half: 0.005,
          samples,
          slice,
          versionOnly: true,
        },
        {
          metric: 'group-harm',
          original: 1,
          harm: slice === 'style=learner' ? 0.6 : -0.1,
          half: 0.9,
          samples,
          slice,
          versionOnly: true,
        },
      ]),
      {
        metric: 'accuracy-gap',
        original: 0.06,
        harm: 0.009,
        half: 0.028,
        slice: 'groups=style',
        method: 'hull of score intervals of the groups that may be furthest apart (6 pairs)',
      },
      { metric: 'demographic-parity-difference', original: 0.041, harm: 0.001, half: 0.012, slice: 'groups=style' },
      { metric: 'equalized-odds-difference', original: 0.088, harm: 0.006, half: 0.021, slice: 'groups=style' },
      { metric: 'flips-by-group', original: 0, harm: 0.4, slice: 'groups=style', versionOnly: true },
      { metric: 'harm-by-group', original: 0, harm: 0.3, slice: 'groups=style', versionOnly: true },
    ],
  },
  {
    evaluator: 'fairness/counterfactual',
    facts: [
      {
        metric: 'counterfactual-consistency',
        original: 0.981,
        harm: -0.003,
        half: 0.008,
        samples: 612,
        caveat: 'texts changed: names 310, pronouns 204, dialect 188',
      },
      ...['names', 'pronouns', 'dialect'].map((kind): Fact => ({
        metric: 'counterfactual-consistency',
        original: 0.98,
        harm: -0.002,
        half: 0.012,
        samples: 200,
        slice: `kind=${kind}`,
      })),
      { metric: 'counterfactual-texts', original: 612, samples: 1000 },
    ],
  },
  {
    evaluator: 'robustness/uncommon-words',
    facts: [
      {
        metric: 'uncommon-accuracy',
        original: 0.881,
        harm: -0.012,
        half: 0.025,
        samples: 331,
        method: 'Tango score interval on 331 examples; McNemar mid-p: p = 0.500',
      },
      { metric: 'fertility', original: 1.32, half: 0.02 },
      {
        metric: 'unknown-tokens',
        original: 0.004,
        half: 0.003,
        method: 'Tango score interval on 1,000 examples; McNemar mid-p: p = 1.000',
      },
      ...['lowest fifth', 'fourth fifth', 'top fifth'].map((fifth, at): Fact => ({
        metric: 'uncommon-accuracy',
        original: 0.95 - at * 0.03,
        harm: -0.004 * at,
        half: 0.03,
        samples: 200,
        slice: `fertility=${fifth}`,
      })),
      ...['lowest fifth', 'top fifth'].flatMap((fifth, at): Fact[] => [
        {
          metric: 'uncommon-accuracy',
          original: 0.94 - at * 0.07,
          harm: -0.01 * at,
          half: 0.03,
          samples: 200,
          slice: `word-rank=${fifth}`,
        },
        {
          metric: 'uncommon-kl',
          original: 0,
          harm: 0.008 + 0.021 * at,
          half: 0.004,
          samples: 200,
          slice: `word-rank=${fifth}`,
          versionOnly: true,
        },
      ]),
    ],
  },
  {
    evaluator: 'robustness/typos',
    facts: [
      {
        metric: 'typo-accuracy',
        original: 0.879,
        harm: -0.012,
        half: 0.014,
        caveat: 'texts changed, of 1,000: typo 561, misspelling 418, swap 684',
      },
      ...kinds.slice(0, 3).map(([kind, value]): Fact => ({
        metric: 'typo-accuracy',
        original: value,
        harm: -0.012,
        half: 0.02,
        slice: `kind=${kind}`,
      })),
    ],
  },
  {
    evaluator: 'robustness/perturbations',
    facts: [
      {
        metric: 'robust-accuracy',
        original: 0.848,
        harm: -0.014,
        half: 0.011,
        samples: 300,
        caveat: 'texts changed, of 300: typo 160, swap 190, synonym 64',
      },
      {
        metric: 'worst-accuracy',
        original: 0.531,
        harm: -0.03,
        half: 0.03,
        samples: 300,
        method: 'Tango score interval on 300 examples; McNemar mid-p: p = 0.031',
      },
      {
        metric: 'robustness-loss',
        original: 0.076,
        harm: 0.011,
        half: 0.009,
        samples: 300,
        method: 'difference in differences, paired bootstrap over 300 examples, 2,000 draws',
      },
      { metric: 'consistency', original: 0.87, harm: -0.012, half: 0.01, samples: 300 },
      ...kinds.map(([kind, value]): Fact => ({
        metric: 'robust-accuracy',
        original: value,
        harm: -0.014,
        half: 0.03,
        samples: 300,
        slice: `kind=${kind}`,
      })),
    ],
  },
  {
    evaluator: 'robustness/checklist',
    facts: [
      {
        metric: 'checklist-failures',
        original: 0.091,
        harm: 0.007,
        half: 0.012,
        samples: 341,
        method: 'Tango score interval on 341 cases; McNemar mid-p: p = 0.500',
      },
      { metric: 'checklist-newly-failing', original: 0, harm: 0.009, half: 0.006, samples: 341, versionOnly: true },
      { metric: 'checklist-newly-fixed', original: 0, harm: 0.003, half: 0.003, samples: 341, versionOnly: true },
      ...tests.map((name, at): Fact => ({
        metric: 'checklist-failures',
        original: 0.05 + at * 0.03,
        harm: 0.01,
        half: 0.04,
        samples: 50,
        slice: `test=${name}`,
      })),
    ],
  },
  {
    evaluator: 'robustness/attacks',
    facts: [
      { metric: 'accuracy-under-attack', original: 0.24, harm: -0.02, half: 0.06, samples: 200 },
      ...attacks.map(([name, value]): Fact => ({
        metric: 'accuracy-under-attack',
        original: value,
        harm: -0.03,
        half: 0.07,
        samples: 200,
        slice: `attack=${name}`,
      })),
      { metric: 'transfer-accuracy', original: 0.24, harm: 0.31, half: 0.07, samples: 200 },
      { metric: 'robust-accuracy-best-known', original: 0.22, harm: -0.02, half: 0.06, samples: 200 },
      ...attacks.map(([name, , queries]): Fact => ({
        metric: 'attack-queries',
        original: queries,
        harm: -2,
        half: 9,
        samples: 200,
        slice: `attack=${name}`,
      })),
    ],
  },
  {
    evaluator: 'load/server',
    facts: [
      load('server-latency-p50', 12.4),
      load('server-latency-p90', 21.3),
      load('server-latency-p99', 38.6, 3000, {
        half: 0.09,
        method:
          'ratio of the 0.992 order statistics of 3000 calls each, paired bootstrap over 6 interleaved rounds widened by the spread between processes',
      }),
      load('goodput', 49.6),
      load('achieved-rate', 0.999, 6, { half: 0.001 }),
      load('dispatch-delay-p99', 0.42, 3000, { half: 0 }),
    ],
  },
  {
    evaluator: 'load/peak',
    facts: [load('peak-rate', 61, 3, { caveat: `99 % of requests within 40.0 ms; ${notMlperf}` })],
  },
  { evaluator: 'load/offline', facts: [load('offline-throughput', 88.2, 6)] },
  {
    evaluator: 'load/single-stream',
    facts: [load('single-stream-p90', 14.8, 700), load('single-stream-p99', 19.9, 700)],
  },
  { evaluator: 'load/multi-stream', facts: [load('multi-stream-p90', 112, 120)] },
  { evaluator: 'load/throughput', facts: [load('throughput', 83.8, 120, { caveat: imprecise })] },
  {
    evaluator: 'resources/cpu',
    facts: [load('cpu-per-request', 11.8, 120, { half: 0.02, caveat: undefined })],
  },
  {
    evaluator: 'energy/request',
    facts: [
      load('energy', 0.096, 6, {
        caveat:
          'an estimate: CPU time × 4 W per thread (CodeCarbon’s rule for unknown processors); this machine has no energy counter',
      }),
      load('co2', 12.7, 6, {
        caveat:
          'an estimate: CPU time × 4 W per thread (CodeCarbon’s rule for unknown processors); this machine has no energy counter; 475 g/kWh, the world’s mean',
      }),
    ],
  },
  {
    evaluator: 'cost/at-limit',
    facts: [
      load('cost-at-limit', 0.194, 3, { caveat: estimate }),
      load('cost-per-month', 174, 3, {
        half: 0.02,
        harm: 0.4,
        caveat: estimate,
        bills: [bill(20.1, 104), [...bill(7.02, 24), { name: 'making and checking it', amount: 400, once: true }]],
      }),
      load('idle-share', 0.838, 3, { half: 0.01, caveat: estimate }),
      load('break-even', 12_400_000, 3, { half: 700_000, versionOnly: true, caveat: `400 EUR paid once; ${estimate}` }),
    ],
  },
];
