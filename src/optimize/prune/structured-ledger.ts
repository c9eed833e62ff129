import type { Change, Refusal } from '../../contracts/index.ts';
import type { Report } from './structured-repair.ts';
import type { Target } from './structured-targets.ts';

export const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** What a run has done so far, by target. */
export interface Ledger {
  /** Units that a target had in the beginning. */
  readonly counts: Map<string, number>;
  readonly changes: Map<string, Change>;
  readonly skipped: Map<string, Refusal>;
}

/** A target by the layers that it joins: the same in every step. */
export const keyOf = ({ kind, nodes }: Target): string => `${kind} ${nodes.join()}`;

/** Note, once, why something stayed. */
export const skip = (ledger: Ledger, reason: string, nodes: readonly string[]): void => {
  ledger.skipped.set(`${reason} ${nodes.join()}`, { reason, nodes });
};

/** What was cut, and what the repair made of it. */
export const describe = (target: Target, from: number, to: number, reports: readonly Report[]): string => {
  const what = { heads: 'heads', neurons: 'neurons', width: 'channels of the hidden width', channels: 'channels' }[
    target.kind
  ];
  const errors = reports.map(({ before, after }) => `${percent(before)} to ${percent(after)}`);
  const repaired =
    errors.length > 0 ? `; error of what reads them ${errors.slice(0, 4).join(', ')} by least squares` : '';
  return `${to} of ${from} ${what} kept${repaired}`;
};
