import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import type { Ask, OptionsSpec, SearchProblem, Searcher, Tried } from '../../../contracts/index.ts';
import { seedsOf } from '../full-looks.ts';
import { allPoints } from '../points.ts';
import { canonical, keyOf, shapeOf } from '../shape.ts';
import { dimension, looked, problemOf, spaceOf, tuning, type Landscape } from './landscape.ts';
import { explore } from './replay.ts';

/** Every option at its default, its least and its largest, all together. */
const optionSets = (spec: OptionsSpec): readonly Readonly<Record<string, unknown>>[] => [
  {},
  ...(['min', 'max'] as const).map((end) =>
    Object.fromEntries(
      Object.entries(spec).map(([key, one]) => [
        key,
        one.kind === 'number' || one.kind === 'integer'
          ? one[end]
          : one.kind === 'boolean'
            ? end === 'max'
            : one.kind === 'choice'
              ? one.choices.at(end === 'max' ? -1 : 0)
              : one.default,
      ]),
    ),
  ),
];

/** A small world in which conditions, failures and exclusions all occur: 3 × (1 or 3) × 4 points. */
const small: Landscape = {
  space: spaceOf(
    [
      dimension('way', 3),
      dimension('bits', 3, { ordered: true, when: { dimension: 'way', values: [1] } }),
      dimension('threads', 4, { ordered: true }),
    ],
    ([way, , threads]) => (way === 2 && threads === 0 ? 'not this' : null),
  ),
  seeds: [
    [1, 2, 1],
    [2, 0, 0],
    [0, 1, 3],
  ],
  objectives: ['latency', 'size'],
  rungs: [
    { name: 'glance', cost: 0.1 },
    { name: 'full', cost: 1 },
  ],
  truth: ([way, bits, threads]) =>
    way === 2 && threads === 3
      ? { kind: 'fails' }
      : { kind: 'runs', objectives: [threads! - way!, way! + bits!], misses: bits === 0 && way === 1 ? 1 : 0 },
  look({ point, rung }) {
    const own = small.truth(point);
    return own.kind === 'fails'
      ? { outcome: { kind: 'failed', reason: 'it does not run' }, seconds: 1 }
      : {
          outcome: looked(own.objectives, { misses: own.misses, hopeless: own.misses > 0, errors: [0.1, 0] }),
          seconds: rung === 0 ? 1 : 10,
        };
  },
};

const keysOf = (asks: readonly Ask[]): string[] => asks.map(({ point, rung }) => `${keyOf(point)} at ${rung}`);

/** What every searcher keeps, whatever it is good for. */
export const conformance = (searcher: Searcher): void => {
  const ask = (
    problem: SearchProblem,
    history: readonly Tried[] = [],
    pending: readonly Ask[] = [],
    options: Readonly<Record<string, unknown>> = {},
  ): readonly Ask[] => searcher.ask(problem, parseOptions(searcher.id, searcher.options, options), history, pending);

  describe(`searcher ${searcher.id}`, () => {
    test('says what it is and where it comes from', () => {
      expect(searcher.id).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(searcher.version).toBeGreaterThanOrEqual(1);
      for (const text of [searcher.title, searcher.source, searcher.summary]) expect(text.length).toBeGreaterThan(5);
      for (const option of Object.values(searcher.options)) expect(option.description).toMatch(/\.$/);
    });

    test('asks for allowed canonical points, each once a rung, never more than may go on; the same again from the same history', () => {
      for (const width of [1, 3]) {
        const problem = problemOf(tuning(4), { seconds: 500, width });
        const shape = shapeOf(problem.space);
        const seen = new Set<string>();
        const watched: Searcher = {
          ...searcher,
          ask(given, options, history, pending) {
            const asks = searcher.ask(given, options, history, pending);
            expect(asks.length).toBeLessThanOrEqual(width - pending.length);
            for (const { point, rung } of asks) {
              expect(canonical(shape, point)).toEqual(point);
              expect(given.space.excluded(point)).toBeNull();
              expect(rung).toBeLessThan(given.rungs.length);
            }
            for (const key of keysOf(asks)) {
              expect(seen.has(key)).toBe(false);
              seen.add(key);
            }
            if (history.length % 8 === 0)
              expect(
                searcher.ask(problemOf(tuning(4), { seconds: 500, width }), options, structuredClone(history), pending),
              ).toEqual(asks);
            return asks;
          },
        };
        expect(explore(watched, problem, tuning(4).look, { most: 60 }).length).toBeGreaterThan(10);
      }
    });

    test('any prefix of a history leads to what came next', () => {
      const problem = problemOf(tuning(2), { seconds: 400 });
      const history = explore(searcher, problem, tuning(2).look, { most: 40 });
      for (const at of [0, 1, 2, 5, 11, 17, 23, 31]) {
        const next = history[at];
        if (next !== undefined) expect(keysOf(ask(problem, history.slice(0, at)))).toEqual(keysOf([next]));
      }
    });

    test('changes nothing that it is given', () => {
      const history = explore(searcher, problemOf(small), small.look, { most: 9 });
      const before = structuredClone(history);
      const pending = ask(problemOf(small), history);
      ask(problemOf(small, { width: 4 }), Object.freeze(history), Object.freeze(pending));
      expect(history).toEqual(before);
    });

    test('tries the seeds first, in their order, those that are excluded left out', () => {
      const problem = problemOf(small);
      const history = explore(searcher, problem, small.look, { most: 2 });
      expect(history.map(({ point }) => point)).toEqual([
        [1, 2, 1],
        [0, 0, 3],
      ]);
      expect(ask({ ...problem, width: 2 }).map(({ point }) => point)).toEqual(seedsOf(problem));
    });

    test('ends when the space is used up, with every point looked at, at the least and the largest options too', () => {
      const points = allPoints(small.space)!;
      for (const options of optionSets(searcher.options))
        for (const width of [1, 4]) {
          const history = explore(searcher, problemOf(small, { width }), small.look, { options, most: 1000 });
          expect(new Set(history.map(({ point }) => keyOf(point)))).toEqual(new Set(points.map(keyOf)));
          expect(new Set(keysOf(history)).size).toBe(history.length);
        }
    });

    test('answers nothing on an empty space, without time, without free slots', () => {
      const empty = { ...small, space: spaceOf([]), seeds: [] };
      expect(ask(problemOf(empty))).toEqual([]);
      expect(ask(problemOf({ ...small, space: spaceOf(small.space.dimensions, () => 'nothing is allowed') }))).toEqual(
        [],
      );
      expect(ask(problemOf(small, { seconds: 0 }))).toEqual([]);
      const pending = ask(problemOf(small));
      expect(ask(problemOf(small), [], pending)).toEqual([]);
      // A space of one point.
      const one = { ...small, space: spaceOf([dimension('a', 1)]), seeds: [] };
      expect(explore(searcher, problemOf(one), () => ({ outcome: looked([1, 1]), seconds: 1 })).length).toBeGreaterThan(
        0,
      );
    });

    test('spends the time and does not overdraw it; a first full look is always made', () => {
      for (const width of [1, 3])
        for (const seconds of [0.5, 30, 300]) {
          const world = tuning(6);
          const problem = problemOf(world, { seconds, width });
          const look: Landscape['look'] = (one) => ({
            ...world.look(one),
            seconds: 20 * problem.rungs[one.rung]!.cost,
          });
          const history = explore(searcher, problem, look);
          const used = history.reduce((sum, one) => sum + one.seconds, 0);
          const full = history.filter(({ rung }) => rung === problem.rungs.length - 1);
          expect(full.length).toBeGreaterThan(0);
          if (seconds === 300) {
            expect(used).toBeLessThanOrEqual(seconds);
            expect(used).toBeGreaterThan(seconds - 21);
          }
          // Where there is no time for more, the first looks may overdraw: what they take is not known before.
          else expect(used).toBeLessThanOrEqual(seconds + width * 22);
        }
    });

    test('what is hopeless or failed is not looked at again', () => {
      const history = explore(searcher, problemOf(small), small.look);
      for (const [at, { point, outcome }] of history.entries())
        if (outcome.kind === 'failed' || outcome.hopeless)
          expect(history.slice(at + 1).some((later) => keyOf(later.point) === keyOf(point))).toBe(false);
    });

    test('goes on when everything so far failed, and with numbers that are none', () => {
      const failing: Landscape['look'] = () => ({ outcome: { kind: 'failed', reason: 'no' }, seconds: 1 });
      expect(explore(searcher, problemOf(small), failing).length).toBe(allPoints(small.space)!.length);
      const broken: Landscape['look'] = () => ({ outcome: looked([Number.NaN, Number.POSITIVE_INFINITY]), seconds: 1 });
      expect(explore(searcher, problemOf(small), broken, { most: 30 }).length).toBeGreaterThan(10);
    });

    test('searches a space too large to go through', () => {
      const large: Landscape = {
        ...small,
        space: spaceOf(
          Array.from({ length: 14 }, (_, i) => dimension(`d${i}`, 4, { ordered: i % 2 === 0 })),
          ([a, b]) => (a === 3 && b === 3 ? 'not this' : null),
        ),
        seeds: [],
        look: ({ point, rung }) => ({
          outcome: looked([point.reduce((sum, value) => sum + value, 0), -point[0]!], { errors: [0.1, 0] }),
          seconds: rung === 0 ? 1 : 10,
        }),
      };
      const history = explore(searcher, problemOf(large, { width: 2 }), large.look, { most: 40 });
      expect(history.length).toBe(40);
      expect(new Set(keysOf(history)).size).toBe(40);
    });
  });
};
