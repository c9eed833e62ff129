// Whether an aim against a peer holds: three answers, never a guess. All ratios are ours to the peer's, smaller is better.
import { tangoInterval, type Pairs } from '../src/statistics/index.ts';
import { percent, times, type Ratio } from './table.ts';

export type Answer = 'holds' | 'undecided' | 'fails';

/** One aim and what was found: "slower at 8 × 128 (1.12× the time [1.05, 1.20])". */
export interface Finding {
  readonly answer: Answer;
  readonly words: string;
}

/** Two things this close are alike; the interval of a ratio must end below `1 + alike` to say "not worse". */
export const alike = 0.02;
/** An interval that begins above 1 by no more than this says nothing: identical models differ by as much. */
const beyondNoise = 0.01;

/** "Not more than the peer" from an interval of a ratio: fails when it is surely more, holds when it is surely not. */
export const notMore = ({ low, high }: Ratio): Answer =>
  low > 1 + beyondNoise ? 'fails' : high <= 1 + alike ? 'holds' : 'undecided';

/** Latency at one shape: `ratio` is our time over the peer's. */
export const speedFinding = (shape: string, ratio: Ratio): Finding => {
  const answer = notMore(ratio);
  const word = { holds: 'not slower', fails: 'slower', undecided: 'slower or not is open' }[answer];
  return { answer, words: `${word} at ${shape} (${times(ratio)} the time)` };
};

/** Output error: `ratio` is our distance from float32 over the peer's. */
export const errorFinding = (ratio: Ratio): Finding => {
  const answer = notMore(ratio);
  const word = { holds: 'no larger error', fails: 'larger error', undecided: 'larger error or not is open' }[answer];
  return { answer, words: `${word} (${times(ratio)})` };
};

/** Accuracy may be lower by less than this to count as no less. */
export const accuracyMargin = 0.005;

/** Difference of accuracy in percent with its interval. */
export const points = (pairs: Pairs): string => {
  const { low, high } = tangoInterval(pairs, 0.95);
  return `${percent((pairs.c - pairs.b) / pairs.n, 2)} [${percent(low, 2)}, ${percent(high, 2)}]`;
};

/** Accuracy on the same examples: `b` the peer right and we wrong, `c` the other way round. */
export const accuracyFinding = (pairs: Pairs): Finding => {
  const { low, high } = tangoInterval(pairs, 0.95);
  const answer: Answer = high < 0 ? 'fails' : low > -accuracyMargin ? 'holds' : 'undecided';
  const word = { holds: 'not less accurate', fails: 'less accurate', undecided: 'less accurate or not is open' }[
    answer
  ];
  return { answer, words: `${word} (${points(pairs)})` };
};

/** A cost of which ours may be at most `most` times the peer's; measured once, so without an interval. */
export const costFinding = (what: string, ours: number, peer: number, most: number): Finding => {
  const ratio = ours / peer;
  const aim = most < 1 ? `${(1 / most).toFixed(0)} times less` : 'no more';
  const shown = ratio <= 1 ? `${(1 / ratio).toFixed(1)} times less` : `${ratio.toFixed(2)} times as much`;
  // A file that is larger by a thousandth (names, metadata) is not larger.
  const answer: Answer = ratio <= most * 1.005 ? 'holds' : 'fails';
  return { answer, words: `${what}: ${shown}${answer === 'holds' ? '' : `, the aim is ${aim}`}` };
};

/** One line over all findings: losses first and each with its number. */
export const verdict = (findings: readonly Finding[]): string => {
  const of = (answer: Answer): string[] => findings.filter((one) => one.answer === answer).map(({ words }) => words);
  const [lost, open] = [of('fails'), of('undecided')];
  if (findings.length === 0) return 'nothing was compared';
  if (lost.length > 0)
    return `does not hold: ${lost.join('; ')}${open.length > 0 ? ` (open: ${open.join('; ')})` : ''}`;
  return open.length > 0 ? `undecided: ${open.join('; ')}` : 'holds';
};

/** Where a version surely pays and where it surely costs: by more than two processes of one model differ. `ratio`: its time over the other's. */
export const worth = (
  timed: readonly { readonly where: string; readonly ratio: Ratio | null }[],
): { readonly pays: readonly string[]; readonly costs: readonly string[] } => {
  const at = (is: (ratio: Ratio) => boolean): string[] =>
    timed.filter(({ ratio }) => ratio !== null && is(ratio)).map(({ where }) => where);
  return {
    pays: at(({ high }) => 1 / high > 1 + beyondNoise),
    costs: at(({ low }) => 1 / low < 1 - beyondNoise),
  };
};
