import { SteelyardError, type Rung } from '../../contracts/index.ts';
import { digestExamples } from '../../data/index.ts';
import { seeded } from '../../statistics/index.ts';
import type { RunData } from '../run/data.ts';
import type { Split } from '../measure/predictions.ts';

/** What a look at a rung consists of. */
export interface LookPlan {
  readonly name: string;
  /** Rows of the evaluation data that are answered. */
  readonly rows: number;
  /** Interleaved rounds of timing, spread over fresh processes `laps` times. */
  readonly rounds: number;
  readonly laps: number;
  /** Most seconds of timing for all versions of a look together. */
  readonly seconds: number;
}

const firstRows = 64;
const partShare = 0.25;

/** The looks, the cheapest first, for so many rows of evaluation data: a few rows and a short timing, a quarter of the rows, all of them.
 *  Where the data is too small for a part of it to save anything, there are fewer. The first look spares a second set of processes, whose start is most of its cost. */
export const lookPlans = (rows: number): readonly LookPlan[] => {
  const part = Math.ceil(rows * partShare);
  const all: readonly LookPlan[] = [
    { name: 'a few rows', rows: firstRows, rounds: 12, laps: 1, seconds: 4 },
    { name: 'a quarter of the rows', rows: part, rounds: 20, laps: 2, seconds: 8 },
    { name: 'all rows', rows, rounds: 36, laps: 3, seconds: 15 },
  ];
  return all.filter((plan, at) => at === 2 || (at === 0 ? 2 * firstRows <= rows : part >= 2 * firstRows));
};

/** Building, opening and warming a version takes about as long as so many answers of a small model. */
const setUpAnswers = 150;
/** A round of timing takes about as long as so many answers. */
const roundAnswers = 4;

/** What each look costs against the last, from what it answers and times. */
export const rungsOf = (plans: readonly LookPlan[]): readonly Rung[] => {
  const answers = ({ rows, rounds }: LookPlan): number => setUpAnswers + rows + roundAnswers * rounds;
  const full = answers(plans.at(-1)!);
  return plans.map((plan) => ({ name: plan.name, cost: Number((answers(plan) / full).toFixed(4)) }));
};

const prefix = 'search-';

/** The rows that a look answers, in one seeded order: the rows of a later look hold those of an earlier one. Documents that queries search
 *  are in every part. The name says how many rows it has, its digest which. */
export const partOf = ({ evaluation }: Pick<RunData, 'evaluation'>, rows: number, seed: number): Split => {
  const asked = evaluation.examples.filter(({ document }) => document !== true);
  const beside = evaluation.examples.filter(({ document }) => document === true);
  const examples = [...seeded(seed, 'search/rows').shuffle(asked).slice(0, rows), ...beside];
  return { name: `${prefix}${Math.min(rows, asked.length)}`, digest: digestExamples(examples), examples };
};

/** Rows that a look may answer: documents to search are not asked. */
export const rowsOf = ({ evaluation }: Pick<RunData, 'evaluation'>): number =>
  evaluation.examples.filter(({ document }) => document !== true).length;

/** The split with this name: the evaluation data, the held-back data, or a part that a search looks at.
 *  Errors: `engine/split` when there is none. */
export const splitNamed = (data: Pick<RunData, 'evaluation' | 'holdback'>, name: string, seed: number): Split => {
  if (name === 'evaluation' || name === 'holdback') return data[name];
  const rows = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
  if (!Number.isInteger(rows) || rows < 1 || rows > rowsOf(data))
    throw new SteelyardError(
      'engine/split',
      `there is no data "${name}"`,
      `known: evaluation, holdback, ${prefix}1 to ${prefix}${rowsOf(data)}`,
    );
  return partOf(data, rows, seed);
};
