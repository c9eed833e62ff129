import type { BillLine, Price, Traffic } from '../../contracts/index.ts';

/** Hours of a month, 365.25 · 24 / 12. */
export const hoursPerMonth = 730.5;
const secondsPerMonth = hoursPerMonth * 3600;

/** What must be rented for the scenario's traffic. */
export interface Capacity {
  /** Processes, each at most at its largest rate within the limit; whole ones, at least one. */
  readonly instances: number;
  /** Share of what they could do that nobody asks for; null: requests per month are not stated. */
  readonly idleShare: number | null;
}

/** Processes for a largest rate of each: for the busy hours where their rate is stated, else for the month's average. */
export const capacityFor = (rate: number, traffic: Traffic | undefined): Capacity => {
  const average = traffic?.requestsPerMonth === undefined ? null : traffic.requestsPerMonth / secondsPerMonth;
  const busy = Math.max(traffic?.requestsPerSecond ?? 0, average ?? 0);
  const instances = Math.max(1, Math.ceil(busy / rate - 1e-9));
  return { instances, idleShare: average === null ? null : Math.max(0, 1 - average / (instances * rate)) };
};

/** Everything that a version costs, by name: the machine while it works, the machine while it idles, and what the price lists besides. What is
 *  paid once is paid for replacing the original, so the original's own bill has none of it. Units: the price's currency, a month or once. */
export const costLines = (
  price: Price,
  cores: number,
  rate: number,
  traffic: Traffic | undefined,
  isOriginal: boolean,
): readonly BillLine[] => {
  const { instances, idleShare } = capacityFor(rate, traffic);
  const machine = instances * (cores / price.cores) * price.perHour * hoursPerMonth;
  const monthly = (name: string, amount: number): BillLine => ({ name, amount, once: false });
  return [
    ...(idleShare === null
      ? [monthly('machine', machine)]
      : [monthly('machine, at work', machine * (1 - idleShare)), monthly('machine, idle', machine * idleShare)]),
    ...(price.other ?? []).flatMap(({ name, perMonth, once }): BillLine[] => [
      ...(perMonth === undefined ? [] : [monthly(name, perMonth)]),
      ...(once === undefined || isOriginal ? [] : [{ name, amount: once, once: true }]),
    ]),
  ];
};

const sumOf = (lines: readonly BillLine[], once: boolean): number =>
  lines.reduce((sum, line) => (line.once === once ? sum + line.amount : sum), 0);

/** The sum of what is paid every month. */
export const perMonth = (lines: readonly BillLine[]): number => sumOf(lines, false);

/** The sum of what is paid once. */
export const once = (lines: readonly BillLine[]): number => sumOf(lines, true);

/** Requests after which a one-time cost is paid back by what each request saves; null: never. */
export const breakEven = (paidOnce: number, savingPerRequest: number): number | null =>
  savingPerRequest > 0 ? paidOnce / savingPerRequest : null;
