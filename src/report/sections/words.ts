import type { MetricSpec } from '../../contracts/index.ts';
import { small } from '../text.ts';

/** How a change is said in a sentence. `{}` is the number with its interval. */
export interface Words {
  readonly better: string;
  readonly worse: string;
  readonly same: string;
  /** Label of the key figure. */
  readonly label: string;
  /** In a sentence, where the title would stumble. */
  readonly noun?: string;
}

const faster = (label: string, noun: string, what: string): Words => ({
  label,
  noun,
  better: `${what} {}× faster`,
  worse: `${what} {}× slower`,
  same: `${what} as fast as before`,
});

const words: Readonly<Record<string, Words>> = {
  'latency-p50': faster('Speed', 'median latency', 'answers'),
  'latency-p90': faster('Slow answers (p90)', '90th percentile of latency', 'gives its slow answers (p90)'),
  'latency-p99': faster('Slowest answers (p99)', '99th percentile of latency', 'gives its slowest answers (p99)'),
  'server-latency-p50': faster('Speed under load', 'median latency under load', 'answers under load'),
  'server-latency-p90': faster(
    'Slow answers under load (p90)',
    '90th percentile under load',
    'gives its slow answers under load (p90)',
  ),
  'server-latency-p99': faster(
    'Slowest answers under load (p99)',
    '99th percentile under load',
    'gives its slowest answers under load (p99)',
  ),
  'single-stream-p90': faster(
    'Slow answers, one stream (p90)',
    '90th percentile of a single stream',
    'gives its slow answers in a single stream (p90)',
  ),
  'cold-start': {
    label: 'Start',
    better: 'starts {}× faster',
    worse: 'starts {}× slower',
    same: 'starts as fast as before',
  },
  throughput: {
    label: 'Throughput',
    better: 'handles {}× as many requests per second',
    worse: 'handles only {}× as many requests per second',
    same: 'handles as many requests per second as before',
  },
  'offline-throughput': {
    label: 'Offline throughput',
    better: 'handles {}× as many samples per second offline',
    worse: 'handles only {}× as many samples per second offline',
    same: 'handles as many samples per second offline as before',
  },
  'peak-rate': {
    label: 'Largest rate',
    better: 'bears {}× the rate of requests within the limit',
    worse: 'bears only {}× the rate of requests within the limit',
    same: 'bears the same rate of requests within the limit',
  },
  goodput: {
    label: 'Answers in time',
    better: 'answers {}× as many requests per second in time',
    worse: 'answers only {}× as many requests per second in time',
    same: 'answers as many requests per second in time as before',
  },
  'memory-peak': {
    label: 'Memory',
    better: 'needs {} % less memory',
    worse: 'needs {} % more memory',
    same: 'needs as much memory as before',
  },
  size: { label: 'Size', better: 'is {} % smaller', worse: 'is {} % larger', same: 'is as large as before' },
  'size-gzip': {
    label: 'Download',
    better: 'is {} % smaller to download',
    worse: 'is {} % larger to download',
    same: 'is as large to download as before',
  },
  'cpu-per-request': {
    label: 'CPU time',
    noun: 'CPU time per request',
    better: 'uses {} % less CPU time per request',
    worse: 'uses {} % more CPU time per request',
    same: 'uses as much CPU time per request as before',
  },
  cost: {
    label: 'Cost',
    better: 'costs {} % less per request',
    worse: 'costs {} % more per request',
    same: 'costs as much per request as before',
  },
  energy: {
    label: 'Energy',
    better: 'uses {} % less energy per request',
    worse: 'uses {} % more energy per request',
    same: 'uses as much energy per request as before',
  },
  co2: {
    label: 'CO₂',
    noun: 'CO₂ per million requests',
    better: 'causes {} % less CO₂ per request',
    worse: 'causes {} % more CO₂ per request',
    same: 'causes as much CO₂ per request as before',
  },
};

/** Names where the title stumbles in a sentence. */
const nouns: Readonly<Record<string, string>> = {
  'typo-accuracy': 'accuracy on texts with typing errors',
  'worst-accuracy': 'accuracy under the worst change',
  'uncommon-accuracy': 'accuracy on uncommon words',
  'uncommon-kl': 'distance on uncommon words (KL)',
  kl: 'distance from the original (KL)',
};

/** A metric's name in a list or, with a capital, as a label: "median latency", "changed answers". Names of people stay as they are: there the noun
 *  is the title. */
export const nounOf = ({ id, title, noun }: MetricSpec): string =>
  words[id]?.noun ?? nouns[id] ?? (noun === title ? title : small(title));

/** A metric's name before a verb in the singular: "share of changed answers". */
export const thingOf = (metric: MetricSpec): string => words[metric.id]?.noun ?? metric.noun ?? nounOf(metric);

export const wordsOf = (metric: MetricSpec): Words =>
  words[metric.id] ?? {
    label: metric.title,
    better: `has a better ${thingOf(metric)} ({}× the original)`,
    worse: `has a worse ${thingOf(metric)} ({}× the original)`,
    same: `has the same ${thingOf(metric)} as before`,
  };

export const labelOf = (metric: MetricSpec): string => wordsOf(metric).label;
