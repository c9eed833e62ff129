import { mcnemar } from '../../statistics/index.ts';
import { rightIn, type Sheet } from './metrics.ts';
import type { Given } from './types.ts';

/** Which answers changed sides against another system. */
export interface SuiteFlips {
  readonly rows: number;
  /** Answers that differ, also where both are wrong. */
  readonly changed: number;
  readonly worse: number;
  readonly better: number;
  /** Two-sided McNemar: of rows that stand alone. */
  readonly mcnemar: { readonly exact: number; readonly midP: number } | null;
  /** Ids of the first few. */
  readonly examples: { readonly worse: readonly string[]; readonly better: readonly string[] };
}

const same = (before: Given, after: Given, at: number): boolean => before.predicted[at] === after.predicted[at];

/** What changed from one system's answers to another's; null for answers that are numbers. Texts are right by exact match. */
export const flipsBetween = (before: Sheet, after: Sheet): SuiteFlips | null => {
  const [was, is] = [rightIn(before), rightIn(after)];
  if (was === null || is === null) return null;
  const worse: string[] = [];
  const better: string[] = [];
  let changed = 0;
  for (const [at, { id }] of after.rows.entries()) {
    if (!same(before.given, after.given, at)) changed += 1;
    if (was[at] === 1 && is[at] === 0) worse.push(id);
    if (was[at] === 0 && is[at] === 1) better.push(id);
  }
  const alone = after.task.cluster === undefined;
  const { exact, midP } = mcnemar(worse.length, better.length);
  return {
    rows: after.rows.length,
    changed,
    worse: worse.length,
    better: better.length,
    mcnemar: alone ? { exact, midP } : null,
    examples: { worse: worse.slice(0, 10), better: better.slice(0, 10) },
  };
};
