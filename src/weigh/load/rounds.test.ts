import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { runRounds } from './rounds.ts';
import type { RoundsPlan, RoundsWorld, Turn } from './rounds.ts';

const turnOf = (ms: number, involuntarySwitches = 0): Turn => ({
  ms,
  cpuMs: ms,
  samples: [ms],
  turnMs: ms,
  wallMs: ms,
  involuntarySwitches,
});

/** A world with its own clock; `turn` decides what happens. */
const worldOf = (turn: (arm: string, input: number) => Turn): RoundsWorld & { log: [string, number][] } => {
  let clock = 0;
  const log: [string, number][] = [];
  return {
    log,
    now: () => clock,
    stolenMs: () => 0,
    turn: async (arm, input) => {
      log.push([arm, input]);
      const result = turn(arm, input);
      clock += result.wallMs;
      return result;
    },
    isArmFault: (arm) => arm !== 'a',
    threads: 1,
    cores: 2,
  };
};
const plan = (more: Partial<RoundsPlan> = {}): RoundsPlan => ({
  lap: 0,
  minRounds: 20,
  maxRounds: 100,
  maxMs: 1e9,
  enough: () => true,
  checkEvery: 10,
  random: seeded(1, 'rounds'),
  ...more,
});
const arms = ['a', 'b', 'c'];

test('everybody runs once a round on the same input, in orders that vary', async () => {
  const world = worldOf(() => turnOf(1));
  const { rounds } = await runRounds(arms, world, plan());
  expect(rounds).toHaveLength(20);
  const orders = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const turns = world.log.slice(round * 3, round * 3 + 3);
    expect(turns.map(([arm]) => arm).sort()).toEqual(arms);
    expect(turns.map(([, input]) => input)).toEqual([round, round, round]);
    orders.add(turns.map(([arm]) => arm).join(''));
  }
  expect(orders.size).toBeGreaterThan(3);
});

test('goes on until it is enough, checking only now and then, up to the cap', async () => {
  const asked: number[] = [];
  const enough = (rounds: readonly unknown[]): boolean => asked.push(rounds.length) === 3;
  expect(
    (
      await runRounds(
        arms,
        worldOf(() => turnOf(1)),
        plan({ enough }),
      )
    ).rounds,
  ).toHaveLength(40);
  expect(asked).toEqual([20, 30, 40]);
  expect(
    (
      await runRounds(
        arms,
        worldOf(() => turnOf(1)),
        plan({ enough: () => false }),
      )
    ).rounds,
  ).toHaveLength(100);
  // The time cap holds even before the smallest number of rounds: 3 ms a round.
  expect(
    (
      await runRounds(
        arms,
        worldOf(() => turnOf(1)),
        plan({ maxMs: 15 }),
      )
    ).rounds,
  ).toHaveLength(5);
});

test('a disturbed round is repeated for everybody together, and counted', async () => {
  const world = worldOf((arm, input) => turnOf(1, arm === 'b' && input === 3 ? 9 : 0));
  const result = await runRounds(arms, world, plan());
  expect(result).toMatchObject({ repeated: 1, disturbed: 0 });
  expect(result.rounds).toHaveLength(20);
  expect(world.log).toHaveLength(63);
});

test('a round in which the machine slept is repeated too', async () => {
  let rounds = 0;
  const watch = () => {
    const slept = rounds++ === 7;
    return () => (slept ? 'the clock jumped by 60000 ms, or the machine slept' : null);
  };
  const result = await runRounds(arms, { ...worldOf(() => turnOf(1)), watch }, plan());
  expect(result).toMatchObject({ repeated: 1, disturbed: 0 });
  expect(result.rounds).toHaveLength(20);
});

test('on a machine that is always disturbed it ends anyway and says so', async () => {
  const result = await runRounds(
    arms,
    worldOf(() => turnOf(1, 9)),
    plan(),
  );
  expect(result.rounds).toHaveLength(20);
  expect(result.disturbed).toBe(20);
  expect(result.repeated).toBeLessThanOrEqual(6);
});

test('a version that fails leaves with all its turns; the baseline failing ends it', async () => {
  const failing = (who: string) =>
    worldOf((arm, input) => {
      if (arm === who && input === 5) throw new Error(`${who} died`);
      return turnOf(1);
    });
  const result = await runRounds(arms, failing('c'), plan());
  expect([...result.failed.keys()]).toEqual(['c']);
  expect(result.rounds.every(({ turns }) => turns.size === 2 && !turns.has('c'))).toBe(true);
  await expect(runRounds(arms, failing('a'), plan())).rejects.toThrow('a died');
});
