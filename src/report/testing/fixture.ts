import type {
  AuditRecord,
  BuildRecord,
  CandidateVerdict,
  ChoiceRecord,
  Gate,
  GateResult,
  MeasureRecord,
  Measurement,
  Receipt,
  ReceiptRecord,
  RunRecord,
  StoreRecord,
  SubjectOutcome,
  Verdict,
} from '../../contracts/index.ts';
import { defaultSessionOptions } from '../../contracts/index.ts';
import { baseline, ids, interval, quality, rows, shapes, speed, type Shape } from './fixture-measures.ts';

/** How the run ended. */
export type Ending = 'chosen' | 'keep' | 'nothing' | 'unconfirmed' | 'unfinished';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const base = (name: string, seconds: number) => ({
  key: `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)}`,
  at: '2026-03-02T09:30:00.000Z',
  seconds,
});

/** Texts as the internet writes them: markup, scripts, table breakers, cursor movers, reversed and very long. */
export const nastyTexts: readonly string[] = [
  '<script>alert(1)</script><img src=x onerror="alert(2)"> my card was charged twice',
  'a | b | `code` **bold** [link](javascript:alert(3)) https://evil.example @everyone #1',
  'line one\nline two\r\n\u001b[31mred\u001b[0m\u001b]0;title\u0007 \u0000 end',
  '\u202egnp.exe\u202c reversed \u2066isolated',
  'emoji 👩‍👩‍👧 and 日本語テキスト and עברית with العربية, half a pair \ud83d here',
  `${'very '.repeat(120)}long`,
  '</style></title><!--',
  'wo ist mein paket??? seit 3 wochen nix',
];

const scenario = {
  name: 'Support desk',
  model: 'model/',
  prefer: ['latency-p50', 'size'],
  confidence: 0.95,
  seed: 7,
  price: { perHour: 0.17, currency: 'EUR', cores: 4 },
};

const run: RunRecord = {
  ...base('run', 2),
  kind: 'run',
  scenario,
  scenarioFile: 'examples/support-desk/scenario.yaml',
  command: 'steelyard tune examples/support-desk/scenario.yaml --out runs/support-desk',
  model: { source: 'model/', digest: digest('a'), sizeBytes: 14_812_331, parameters: 3_690_260 },
  data: {
    calibration: { path: 'data/validation.jsonl', digest: digest('b'), rows: 1000 },
    evaluation: { path: 'data/test.jsonl', digest: digest('c'), rows: 1000 },
    holdback: { path: 'data/test.jsonl', digest: digest('d'), rows: 1000 },
  },
  machine: {
    cpu: 'AMD EPYC 9R14',
    cores: 2,
    memoryBytes: 8_200_000_000,
    instructionSets: ['avx2', 'avx512f', 'avx512_vnni'],
    os: 'Linux (Debian 12)',
    kernel: '6.1.0',
    governor: null,
    cgroupCpuLimit: null,
    node: '20.19.4',
    onnxruntime: '1.30.0',
    steelyard: '0.1.0',
    digest: digest('e'),
  },
};

const measureRecord = (
  evaluator: string,
  split: string,
  of: (shape: Shape, isBaseline: boolean) => Measurement[],
  only: readonly Shape[] = shapes,
  extra: Readonly<Record<string, SubjectOutcome>> = {},
): MeasureRecord => ({
  ...base(`${evaluator} ${split}`, 31.4),
  kind: 'measure',
  evaluator,
  evaluatorVersion: 1,
  split,
  data: digest(split === 'holdback' ? 'd' : 'c'),
  machine: run.machine.digest,
  outcomes: {
    baseline: { kind: 'measured', measurements: of(baseline, true) },
    ...Object.fromEntries(only.map((shape) => [shape.id, { kind: 'measured', measurements: of(shape, false) }])),
    ...extra,
  },
});

const built = (shape: Shape, index: number): BuildRecord => ({
  ...base(`build ${index}`, 4.2),
  kind: 'build',
  chain: { id: shape.id, steps: [{ technique: 'quantize/dynamic', options: { perChannel: true } }], session: {} },
  source: digest('a'),
  outcome: {
    kind: 'built',
    files: [{ name: 'model_quantized.onnx', digest: digest(String(index)), sizeBytes: shape.sizeBytes }],
    sessionOptions: defaultSessionOptions,
    steps: [
      {
        technique: 'quantize/dynamic',
        version: 1,
        options: { perChannel: true },
        changes: Array.from({ length: 25 }, (_, at) => ({ what: 'MatMul in 8 bits', nodes: [`node ${at}`] })),
        skipped: [{ reason: 'both inputs are activations', nodes: ['attention'] }],
      },
    ],
    verification: { relativeError: 0.0123, maxAbsoluteError: 0.21, tolerance: 0.1, inputs: 32 },
  },
});

const unbuilt = (id: string, outcome: BuildRecord['outcome']): BuildRecord => ({
  ...base(`build ${id}`, 0.1),
  kind: 'build',
  chain: { id, steps: [{ technique: id.split('(')[0]!, options: {} }], session: {} },
  source: digest('a'),
  outcome,
});

const gates: readonly Gate[] = [
  {
    metric: 'accuracy',
    limit: { kind: 'worse-by-at-most', value: 0.015 },
    because: 'wrong answers come back as tickets',
  },
  {
    metric: 'accuracy',
    slice: 'style=learner',
    limit: { kind: 'worse-by-at-most', value: 0.05 },
    because: 'nobody should be served worse because of how they write',
  },
  {
    metric: 'flips',
    limit: { kind: 'at-most', value: 0.05 },
    because: 'customers notice when the same question gets a new answer',
  },
  {
    metric: 'latency-p50',
    limit: { kind: 'worse-by-at-most', value: -0.1 },
    because: 'otherwise the change is not worth deploying',
  },
  { metric: 'size', limit: { kind: 'at-most', value: 20_000_000 } },
];

const result = (gate: Gate, verdict: Verdict, shape: Shape): GateResult => {
  const change = (shape.helped - shape.harmed) / rows;
  const worst = change - (1.64 * Math.sqrt(shape.harmed + shape.helped + 1.5)) / rows;
  const points = (value: number): string =>
    `${Math.abs(value * 100).toFixed(2)} points ${value < 0 ? 'lower' : 'higher'}`;
  const common = { gate, verdict };
  switch (gate.metric) {
    case 'accuracy': {
      const bound = gate.slice === undefined ? worst : worst - 0.03;
      return {
        ...common,
        p: verdict === 'pass' ? 0.0004 : verdict === 'fail' ? 0.98 : 0.11,
        value: change,
        bound,
        reason:
          `accuracy${gate.slice === undefined ? '' : ` for ${gate.slice}`} is ${points(change)} (of 1,000 answers ${shape.harmed} became wrong and ${shape.helped} became right), ` +
          `with 95 % confidence at worst ${points(bound)}; allowed ${points(-gate.limit.value)}${verdict === 'undecided' ? '; about 412 samples would decide it' : ''}`,
        ...(verdict === 'undecided' ? { samplesNeeded: 412 } : {}),
      };
    }
    case 'flips': {
      const { value, high } = interval(shape.harmed + shape.helped + shape.other, rows);
      return {
        ...common,
        p: verdict === 'pass' ? 0.00002 : 0.9,
        value,
        bound: high,
        reason: `changed answers is ${(value * 100).toFixed(2)} %, with 95 % confidence at most ${(high * 100).toFixed(2)} %; demanded at most 5 %`,
      };
    }
    case 'latency-p50':
      return {
        ...common,
        p: verdict === 'pass' ? 0.0001 : 1,
        value: shape.ratio,
        bound: shape.ratio * 1.05,
        reason: `median latency is ${Math.abs(shape.ratio * 100 - 100).toFixed(1)} % ${shape.ratio < 1 ? 'lower' : 'higher'}, with 95 % confidence at worst ${Math.abs(shape.ratio * 105 - 100).toFixed(1)} % ${shape.ratio * 1.05 < 1 ? 'lower' : 'higher'}; demanded 10 % lower or better`,
      };
    default:
      return {
        ...common,
        p: null,
        value: shape.sizeBytes,
        bound: shape.sizeBytes,
        reason: `size is ${(shape.sizeBytes / 1e6).toFixed(2)} MB, demanded at most 20 MB`,
      };
  }
};

const verdictOf = (
  shape: Shape,
  verdicts: readonly Verdict[],
  more: Partial<CandidateVerdict> = {},
): CandidateVerdict => {
  const results = gates.map((gate, index) => result(gate, verdicts[index] ?? 'pass', shape));
  const verdict = verdicts.includes('fail') ? 'fail' : verdicts.includes('undecided') ? 'undecided' : 'pass';
  return { id: shape.id, verdict, gates: results, onFront: false, dominatedBy: [], ...more };
};

const [clean, dynamic, both, half, four] = shapes as readonly [Shape, Shape, Shape, Shape, Shape];

const choiceOf = (ending: Exclude<Ending, 'unfinished'>): ChoiceRecord => {
  const good = ending === 'chosen' || ending === 'unconfirmed';
  const ok: readonly Verdict[] = [];
  const candidates: CandidateVerdict[] = [
    verdictOf(clean, ['pass', 'pass', 'pass', ending === 'keep' ? 'pass' : 'fail']),
    ending === 'nothing'
      ? verdictOf(dynamic, ['pass', 'undecided'])
      : ending === 'keep'
        ? verdictOf(dynamic, ['fail'])
        : verdictOf(dynamic, ok, { dominatedBy: [both.id] }),
    ending === 'nothing'
      ? verdictOf(both, ['undecided', 'undecided'])
      : ending === 'keep'
        ? verdictOf(both, ['fail', 'fail'])
        : verdictOf(both, ok, { onFront: true }),
    verdictOf(half, ['pass', 'pass', 'pass', 'fail']),
    verdictOf(four, ['fail', 'undecided', 'fail']),
  ];
  const again = gates.map((gate, index) =>
    result(gate, ending === 'unconfirmed' && index === 1 ? 'undecided' : 'pass', { ...both, harmed: 3 }),
  );
  return {
    ...base('choice', 0.2),
    kind: 'choice',
    machine: run.machine.digest,
    instructionSets: run.machine.instructionSets,
    candidates,
    chosen: good ? both.id : ending === 'keep' ? 'baseline' : null,
    nearest: ending === 'nothing' ? dynamic.id : null,
    why: good
      ? [
          '2 of 6 versions meet every condition',
          `${ids.dynamic} and ${ids.both} are equally good in median latency, as far as the measurement can tell`,
          'it is the best in size',
        ]
      : ending === 'keep'
        ? [
            '1 of 6 versions meet every condition',
            'no passing version is better than the original in what is preferred, so it stays',
          ]
        : ['none of 6 versions meets every condition'],
    confirmation: good ? { verdict: ending === 'unconfirmed' ? 'undecided' : 'pass', gates: again } : null,
    front: good ? [both.id] : [],
  };
};

const audit = (shape: Shape, split: string): AuditRecord => ({
  ...base(`audit ${shape.id} ${split}`, 0.1),
  kind: 'audit',
  candidate: shape.id,
  split,
  items: nastyTexts.map((text, index) => ({
    id: String(17 + index * 31),
    text,
    groups: { style: index % 2 === 0 ? 'casual' : '<i>formal</i>' },
    expected: index % 3 === 2 ? 'refund|status' : 'card <charged> twice',
    baseline: index % 4 === 3 ? 'other' : index % 3 === 2 ? 'refund|status' : 'card <charged> twice',
    candidate: index % 4 === 3 ? 'track order' : 'cancel_order',
    shift: 0.61 - index * 0.07,
  })),
  harmed: 3,
  helped: 2,
  changed: 5,
  of: 1000,
});

/** Receipts of the original and of a version: one with trouble of every kind, names that would break a page. */
const receipts = (subject: string): ReceiptRecord[] => {
  const common = { ranOn: '24 rows of the calibration data', runs: 60, machine: 'AVX2 without VNNI', notes: [] };
  const cannotPay = [
    {
      id: 'float16-compute',
      what: 'float16 arithmetic',
      reason: 'there is no float16 kernel on this CPU',
      source: 'measured',
      techniques: {},
    },
  ];
  const made = (
    id: string,
    receipt: Omit<Receipt, keyof typeof common | 'cannotPay' | 'instructionSets'>,
  ): ReceiptRecord => ({
    ...base(`receipt ${id}`, 2.1),
    kind: 'receipt',
    subject: id,
    machine: run.machine.digest,
    outcome: { kind: 'made', receipt: { ...common, cannotPay, instructionSets: ['avx2'], ...receipt } },
  });
  return [
    made('baseline', {
      kernelMs: 5.2,
      integerShare: 0,
      groups: [
        { kernel: 'float32', family: 'float', nodes: 34, share: 0.71 },
        { kernel: 'other operators', family: 'other', nodes: 149, share: 0.29 },
      ],
      rows: [],
      rowsLeftOut: 0,
      unfulfilled: 0,
      saturation: { kind: 'exact', reason: 'no operation multiplies uint8 by int8' },
    }),
    made(subject, {
      kernelMs: 2.1,
      integerShare: 0.61,
      groups: [
        { kernel: 'int8 dynamic (u8×s8)', family: 'integer', nodes: 26, share: 0.61 },
        { kernel: 'other operators', family: 'other', nodes: 130, share: 0.3096 },
        { kernel: 'float32', family: 'float', nodes: 8, share: 0.08 },
        { kernel: 'conversions', family: 'conversion', nodes: 5, share: 0.0004 },
      ],
      rows: [
        {
          node: '<b>/pooler/dense</b>|`Gemm`\u001b[31m',
          op: 'Gemm',
          kernel: 'float32',
          family: 'float',
          share: 0.08,
          calls: 1,
          timeMs: 0.17,
          meant: true,
          why: 'its bias is float32: give it as int32 with a DequantizeLinear, or quantize the result',
          note: null,
        },
        {
          node: '/encoder/layer.0/MatMul',
          op: 'com.microsoft.DynamicQuantizeMatMul',
          kernel: 'int8 dynamic (u8×s8)',
          family: 'integer',
          share: 0.61,
          calls: 1,
          timeMs: 1.3,
          meant: true,
          why: null,
          note: null,
        },
      ],
      rowsLeftOut: 0,
      unfulfilled: 1,
      saturation: {
        kind: 'checked',
        inputs: 8,
        rows: [{ node: '/encoder/layer.0/MatMul', pairs: 1000, saturated: 3, outputs: 100, touched: 3, change: 0.026 }],
        change: 0.026,
        remedies: [
          { id: '7-bit', what: '7-bit weights', cost: 'no time', error: 0.013, basis: 'computed on the sampled rows' },
        ],
        proposed: '7-bit',
        unchecked: [{ node: 'lstm', reason: 'the inputs inside of DynamicQuantizeLSTM cannot be seen' }],
      },
    }),
  ];
};

/** The records of a run as the engine writes them: an original, five measured versions (one chosen, dominated, slow, inaccurate),
 *  one whose process dies and one that is refused; slices; held-back data; hostile texts. */
export const fixture = (ending: Ending): StoreRecord[] => {
  const records: StoreRecord[] = [
    run,
    ...shapes.map(built),
    built({ ...four, id: ids.crash }, 9),
    unbuilt(ids.refused, {
      kind: 'refused',
      technique: 'prune/heads',
      refusal: { reason: 'the attention is already fused into one operator', nodes: ['attention_0'] },
    }),
    measureRecord('quality/labels', 'evaluation', quality, shapes, {
      [ids.crash]: {
        kind: 'failed',
        code: 'runtime/crashed',
        message:
          'the process ended with signal SIGSEGV while answering example 3; last words: \u001b[31mcorrupted size\u001b[0m <b>vs</b> prev_size',
      },
    }),
    measureRecord('load/latency', 'evaluation', speed),
  ];
  if (ending === 'unfinished') return records;
  const choice = choiceOf(ending);
  const subject = choice.chosen === both.id ? both : choice.nearest === dynamic.id ? dynamic : null;
  if (choice.confirmation !== null)
    records.push(measureRecord('quality/labels', 'holdback', quality, [{ ...both, harmed: 3, helped: 2 }]));
  if (subject !== null) records.push(audit(subject, choice.confirmation === null ? 'evaluation' : 'holdback'));
  return [...records, choice, ...receipts(subject?.id ?? both.id)];
};
