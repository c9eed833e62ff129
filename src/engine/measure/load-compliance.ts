import { isSteelyardError, type Feeds, type RunResult, type Session } from '../../contracts/index.ts';
import type { CachingCheck } from '../../weigh/load/scenarios/caching.ts';
import { checkLengths, checkWhole, violationOf, type Violation } from '../../weigh/load/scenarios/compliance.ts';

/** What came of one of MLPerf's compliance tests. */
export interface Complied {
  readonly test: 'TEST01' | 'TEST04' | 'TEST06' | 'TEST09';
  readonly outcome: 'passed' | 'failed' | 'exempt';
  readonly message: string;
}

export interface Compliance {
  readonly tests: readonly Complied[];
  readonly violations: readonly Violation[];
}

type Outputs = RunResult['outputs'];

/** Scores that come from the same computation differ by rounding at most, relative to the largest. */
const tolerance = 1e-3;
/** What ends a generated text, as tokenizers write it. */
const endMark = /<\/s>|<\|endoftext\|>|<\|im_end\|>|<\|eot_id\|>|<eos>|<end_of_turn>/g;

const textsOf = (outputs: Outputs, name?: string): readonly string[] =>
  Object.entries(outputs)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, { dtype, data }]) =>
      dtype === 'string' && (name === undefined || key === name) ? [...(data as readonly string[])] : [],
    );

const numbersOf = (outputs: Outputs): readonly number[] =>
  Object.entries(outputs)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { dtype, data }]) => (dtype === 'string' ? [] : Array.from(data as Float32Array, Number)));

/** One answer of the timed run beside the one that the same call gets without load. */
interface Pair {
  readonly timed: Outputs;
  readonly judged: Outputs;
}

const areEqual = ({ timed, judged }: Pair, scale: number): boolean => {
  const [a, b] = [numbersOf(timed), numbersOf(judged)];
  return (
    JSON.stringify(textsOf(timed)) === JSON.stringify(textsOf(judged)) &&
    a.length === b.length &&
    a.every((one, i) => Object.is(one, b[i]!) || Math.abs(one - b[i]!) <= tolerance * scale)
  );
};

/** Written to its end and ended once: not a beginning of what is written without load, not cut before the length that was allowed, one end mark at
 *  most and nothing after it. */
const isWholeText = (timed: string, judged: string): boolean => {
  const marks = [...timed.matchAll(endMark)];
  const [last] = marks;
  if (marks.length > 1 || (last !== undefined && timed.slice(last.index + last[0].length).trim() !== '')) return false;
  const [now, before] = [timed.trimEnd(), judged.trimEnd()];
  return !(now.length < before.length && before.startsWith(now));
};

/** An answer that says that it stopped at the allowed length has that length. */
const isAsLong = ({ finish_reason: finish, completion_tokens: tokens }: Outputs, maxTokens: number): boolean =>
  finish === undefined ||
  tokens === undefined ||
  (finish.data as readonly string[])[0] !== 'length' ||
  Number(tokens.data[0]) >= maxTokens;

const isWhole = ({ timed, judged }: Pair, maxTokens: number): boolean => {
  const [a, b] = [numbersOf(timed), numbersOf(judged)];
  const [texts, before] = [textsOf(timed, 'completion'), textsOf(judged, 'completion')];
  return (
    a.length >= b.length &&
    a.every((one, i) => Number.isFinite(one) || !Number.isFinite(b[i]!)) &&
    texts.length >= before.length &&
    before.every((text, i) => isWholeText(texts[i]!, text)) &&
    isAsLong(timed, maxTokens)
  );
};

const wordsIn = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;

const test = (name: Complied['test'], violations: readonly Violation[], passed: string): Complied =>
  violations.length > 0
    ? { test: name, outcome: 'failed', message: violations.map(({ message }) => message).join('; ') }
    : { test: name, outcome: 'passed', message: passed };
const exempt = (name: Complied['test'], message: string): Complied => ({ test: name, outcome: 'exempt', message });

/** MLPerf's compliance tests on what came back. The quality run is the same calls again, in another process or without load.
 *  TEST01: outputs of the timed run are those of the quality run. TEST04: no answer comes from a cache. TEST06: none is shorter or cut (nothing is
 *  streamed, so there is no first token to compare). TEST09: generated texts are as long on average.
 *  `kept`: outputs of the timed run with their calls. Where `open` fails with a coded error there is no quality run, and the tests say so. */
export const complianceOf = async (
  kept: readonly { readonly call: number; readonly outputs: Outputs }[],
  calls: readonly Feeds[],
  open: () => Promise<Session>,
  maxTokens: number,
  caching: CachingCheck,
): Promise<Compliance> => {
  const pairs: Pair[] = [];
  let none = 'no answer of the timed run could be looked at';
  // Who went away during the run is not there to be asked again: that is an outcome of the run, not an end of the test.
  const session =
    kept.length === 0
      ? null
      : await open().catch((error: unknown) => {
          if (!isSteelyardError(error)) throw error;
          none = `it could not be asked again after the run: ${error.message}`;
          return null;
        });
  if (session !== null) {
    try {
      for (const { call, outputs } of kept) {
        // What fails without load too says nothing about the answers.
        const judged = await session.run(calls[call]!).catch((error: unknown) => {
          if (isSteelyardError(error)) return null;
          throw error;
        });
        if (judged !== null) pairs.push({ timed: outputs, judged: judged.outputs });
      }
    } finally {
      await session.close();
    }
  }
  const cached =
    caching.exempt === null
      ? test(
          'TEST04',
          caching.violation === null ? [] : [caching.violation],
          'an input again is no faster than different ones',
        )
      : exempt('TEST04', caching.exempt);
  const violations = caching.violation === null ? [] : [caching.violation];
  if (pairs.length === 0) {
    return { tests: [exempt('TEST01', none), cached, exempt('TEST06', none), exempt('TEST09', none)], violations };
  }
  const scale = pairs.reduce(
    (most, { judged }) => numbersOf(judged).reduce((top, one) => Math.max(top, Math.abs(one) || 0), most),
    1e-6,
  );
  const differ = pairs.filter((pair) => !areEqual(pair, scale)).length;
  const other =
    differ === 0
      ? []
      : [
          violationOf(
            'load/outputs-differ',
            `${differ} of ${pairs.length} answers of the timed run are not those that the same inputs get without load`,
          ),
        ];
  const cut = [checkWhole(pairs.map((pair) => isWhole(pair, maxTokens)))].filter((one) => one !== null);
  const generated = pairs.flatMap(({ timed, judged }) => {
    const before = textsOf(judged, 'completion');
    const now = textsOf(timed, 'completion');
    return before.map((text, i) => [wordsIn(now[i] ?? ''), wordsIn(text)] as const);
  });
  const lengths = [
    checkLengths(
      generated.map(([now]) => now),
      generated.map(([, before]) => before),
    ),
  ].filter((one) => one !== null);
  return {
    tests: [
      test('TEST01', other, `${pairs.length} answers of the timed run are those that the same inputs get without load`),
      cached,
      test('TEST06', cut, `none of ${pairs.length} answers is shorter than without load`),
      generated.length === 0
        ? exempt('TEST09', 'nothing is generated whose length could differ')
        : test('TEST09', lengths, `${generated.length} texts are as long on average as without load`),
    ],
    violations: [...violations, ...other, ...cut, ...(generated.length === 0 ? [] : lengths)],
  };
};
