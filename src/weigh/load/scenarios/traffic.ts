import type { Trial } from '../../../contracts/index.ts';

/** Options of evaluators that need a rate or a limit. */
export const rateOption = {
  rate: {
    kind: 'number',
    default: 0,
    min: 0,
    max: 1e6,
    unit: '/s',
    description:
      'Requests per second; 0: the scenario’s traffic.requests-per-second, else half of what the original can do.',
  },
} as const;
export const limitOption = {
  limitMs: {
    kind: 'number',
    default: 0,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    description:
      'Within which a request must be answered; 0: the scenario’s traffic.latency-limit, else ten times the original’s own time.',
  },
} as const;

export interface Expected {
  readonly rate: number;
  readonly limitMs: number;
  /** What nobody said and was assumed, in words. */
  readonly assumedRate: string | null;
  readonly assumedLimit: string | null;
}

const shareOfCapacity = 0.5;
const timesWarm = 10;

/** The rate and the limit to test with: as the option says, else as the scenario says, else from the original's own warm time. */
export const expectedTraffic = (
  { traffic }: Pick<Trial, 'traffic'>,
  options: { readonly rate?: number; readonly limitMs?: number },
  warmMs: number,
): Expected => {
  const statedRate = options.rate || traffic?.requestsPerSecond;
  const statedLimit = options.limitMs || traffic?.latencyLimitMs;
  const rate = statedRate ?? (shareOfCapacity * 1000) / warmMs;
  const limitMs = statedLimit ?? timesWarm * warmMs;
  return {
    rate,
    limitMs,
    assumedRate:
      statedRate === undefined
        ? `no traffic.requests-per-second is stated: measured at ${rate.toPrecision(3)}/s, half of what the original can do`
        : null,
    assumedLimit:
      statedLimit === undefined
        ? `no traffic.latency-limit is stated: ${limitMs.toPrecision(3)} ms was assumed, ten times the original’s own time`
        : null,
  };
};
