// The page that `compress` writes: what each technique is worth, what repair gives back, how far seeds are apart.
import type { Candidate, Repair } from './compress-list.ts';
import { plot } from './plot.ts';
import { megabytes, percent, table, times, type Ratio } from './table.ts';

/** A measured version. */
export interface Seen extends Pick<Candidate, 'id' | 'cut' | 'repeated' | 'beside'> {
  readonly sizeBytes: number;
  /** Times as fast as the original; null: not timed. */
  readonly one: Ratio | null;
  readonly eight: Ratio | null;
  readonly accuracy: Ratio;
  /** Accuracy minus the original's, paired. */
  readonly difference: { readonly low: number; readonly high: number };
  /** Accuracy minus that of the version `beside`, paired; absent without one. */
  readonly toBeside?: { readonly low: number; readonly high: number };
  /** What the last technique says of its work. */
  readonly said?: string;
  /** ‖y − y′‖₂ / ‖y‖₂ of the scores of all test texts. */
  readonly error: number;
  readonly minutes: number;
}

export interface Page {
  readonly command: string;
  readonly machine: string;
  readonly date: string;
  readonly texts: number;
  readonly original: { readonly sizeBytes: number; readonly accuracy: Ratio };
  readonly seen: readonly Seen[];
  readonly left: readonly { readonly id: string; readonly reason: string }[];
  readonly caveats: readonly string[];
}

/** A version that keeps this share of the original's accuracy is as good. */
export const keptShare = 0.98;

const between = (low: number, high: number): string => `[${percent(low)}, ${percent(high)}]`;
const points = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)}`;

/** PASS: the lower end of the paired interval lies above what may be lost; FAIL: the upper end lies below it. */
export const verdict = (difference: Seen['difference'], original: number): 'PASS' | 'FAIL' | 'UNDECIDED' => {
  const mayLose = -(1 - keptShare) * original;
  return difference.low > mayLose ? 'PASS' : difference.high < mayLose ? 'FAIL' : 'UNDECIDED';
};

const letter = (at: number): string => String.fromCodePoint(at < 26 ? 65 + at : 71 + at);

const main = ({ original, seen }: Page): string =>
  table(
    [
      '',
      'version',
      'file',
      'smaller',
      'batch 1',
      'batch 8',
      'accuracy',
      'to the original, points',
      '98 % kept',
      'error',
      'minutes',
    ],
    [
      ['A', 'original', megabytes(original.sizeBytes), '', '', '', accuracyText(original.accuracy), '', '', '', ''],
      ...seen.map((one, at) => [
        letter(at + 1),
        one.id,
        megabytes(one.sizeBytes),
        `${(original.sizeBytes / one.sizeBytes).toFixed(1)}×`,
        one.one === null ? 'not timed' : times(one.one),
        one.eight === null ? 'not timed' : times(one.eight),
        accuracyText(one.accuracy),
        `[${points(one.difference.low)}, ${points(one.difference.high)}]`,
        verdict(one.difference, original.accuracy.value),
        percent(one.error),
        one.minutes.toFixed(1),
      ]),
    ],
  );

const accuracyText = ({ value, low, high }: Ratio): string => `${percent(value)} ${between(low, high)}`;

const repairs: Readonly<Record<Repair, string>> = {
  bare: 'nothing repaired',
  own: 'own repair',
  ridge: 'and `recover/ridge`',
  recover: 'own repair and `distill/recover`',
};

const repaired = ({ seen }: Page): string => {
  const names = [...new Set(seen.flatMap(({ cut }) => cut?.[0] ?? []))];
  const kinds = Object.keys(repairs) as Repair[];
  return table(
    ['cut', ...kinds.map((kind) => repairs[kind])],
    names.map((name) => [
      name,
      ...kinds.map((kind) => {
        const one = seen.find(({ cut }) => cut?.[0] === name && cut[1] === kind);
        return one === undefined ? '–' : `${percent(one.error)} · ${percent(one.accuracy.value)}`;
      }),
    ]),
  );
};

const pairs = ({ seen }: Page): string[] => {
  const rows = seen.flatMap((one) => {
    const other = seen.find(({ id }) => id === one.beside);
    if (other === undefined || one.toBeside === undefined) return [];
    const both = (read: (of: Seen) => string): string => `${read(other)} → ${read(one)}`;
    return [
      [
        one.id,
        other.id,
        both(({ error }) => percent(error)),
        both(({ accuracy }) => percent(accuracy.value)),
        `[${points(one.toBeside.low)}, ${points(one.toBeside.high)}]`,
        both(({ minutes }) => minutes.toFixed(1)),
      ],
    ];
  });
  return rows.length === 0
    ? []
    : [
        table(['version', 'beside', 'error', 'accuracy', 'paired, points', 'minutes'], rows),
        ...seen.flatMap(({ id, beside, said }) =>
          beside === undefined || said === undefined ? [] : [`${id}: ${said}.`],
        ),
      ];
};

const seeds = ({ seen }: Page): string[] =>
  [...new Set(seen.flatMap(({ repeated }) => repeated ?? []))].flatMap((name) => {
    const values = seen.filter(({ repeated }) => repeated === name).map(({ accuracy }) => accuracy.value);
    if (values.length < 2) return [];
    const each = values.map((value) => percent(value)).join(', ');
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [`\`${name}\` with ${values.length} seeds: ${each}; ${percent(mean)} on average.`];
  });

/** The page as Markdown. */
export const compressPage = (page: Page): string => {
  const { command, machine, date, texts, original, seen, left, caveats } = page;
  const drawn = [
    { letter: 'A', speed: 1, accuracy: original.accuracy.value },
    ...seen.map(({ eight, accuracy }, at) => ({
      letter: letter(at + 1),
      speed: eight?.value ?? 1,
      accuracy: accuracy.value,
    })),
  ];
  const parts = [
    '# What makes a network smaller, and what it costs',
    `Written by one command on ${date}:`,
    `\`\`\`\n${command}\n\`\`\``,
    `clinc150-bert (${megabytes(original.sizeBytes)}, 4 layers of width 256, 150 intents) on ${machine}, one thread; ${texts} test texts of known intents. Each version is built alone from the original, by the technique's defaults or with what its name says.`,
    [
      '- batch 1, batch 8: times as fast as the original, in interleaved rounds, with 95 % interval',
      '- accuracy with its 95 % interval (Wilson); "to the original": paired 90 % interval (Tango)',
      `- 98 % kept: PASS when the lower end of the paired interval is above 98 % of the original's accuracy, FAIL when the upper end is below (one-sided 95 %)`,
      '- error: distance of the scores from the original’s on the test texts, relative to their size',
      '- minutes: of building it, with what it begins with',
    ].join('\n'),
    main(page),
    '## What repair gives back',
    'Error of the scores · accuracy. Nothing repaired: least squares off; for `factorize/low-rank` plain singular values, for zeros the smallest weights. Own repair: least squares within the technique; inputs decide which directions stay; SparseGPT.',
    repaired(page),
    ...(pairs(page).length === 0
      ? []
      : [
          '## Side by side',
          'A version and the one that it is to be better than: cut in steps and at once, with an exit and without one. "Paired": its accuracy minus the other’s, 90 % interval (Tango); "trained": the same minutes of distillation in all.',
          ...pairs(page),
        ]),
    ...(seeds(page).length === 0 ? [] : ['## Seeds', seeds(page).join('\n')]),
    '## Accuracy over speed at batch 8',
    `\`\`\`\n${plot(drawn)}\n\`\`\``,
    ...(left.length === 0 ? [] : ['## Left out', left.map(({ id, reason }) => `- ${id}: ${reason}`).join('\n')]),
    ...(caveats.length === 0 ? [] : ['## Know this', caveats.map((text) => `- ${text}`).join('\n')]),
  ];
  return `${parts.join('\n\n')}\n`;
};
