import { expect, test } from 'vitest';
import { SteelyardError } from '../../../contracts/index.ts';
import { about, drivenWorld } from '../testing/driven.ts';
import { playedOf } from '../testing/played.ts';
import { runsUnderLoad, type RunsSettings } from './runs.ts';
import { turnOf } from './turn.ts';

const watched = { ms: 100, stolenMs: 0, pressureMs: 0, throttledMs: 0, heatEvents: 0, clockJumpMs: 0 };
const settings = (more: Partial<RunsSettings> = {}): RunsSettings => ({
  label: 'test',
  rows: 1,
  runs: 4,
  laps: 2,
  together: 1,
  round: async (_setup, _round, arms) =>
    new Map(arms.map(({ id }) => [id, turnOf(playedOf([0, 1], [2, 3]), watched, 1)])),
  ...more,
});

test('groups of candidates, each with the baseline twice, in another order every run; all clients are closed', async () => {
  const world = drivenWorld();
  let open = 0;
  const counting = (id: string) => {
    const subject = world.subject(id, about(2, id));
    return {
      ...subject,
      connect: async (calls: Parameters<NonNullable<typeof subject.connect>>[0]) => {
        const client = await subject.connect!(calls);
        open++;
        return { ...client, close: async () => void open-- };
      },
    };
  };
  const trial = world.trial(counting('baseline'), [counting('a'), counting('b')]);
  const orders = new Set<string>();
  const groups = await runsUnderLoad(
    trial,
    settings({
      runs: 12,
      round: async (_setup, _round, arms) => {
        expect(open).toBe(3);
        orders.add(arms.map(({ id }) => id).join(' '));
        return new Map(arms.map(({ id }) => [id, turnOf(playedOf([0, 1], [2, 3]), watched, 1)]));
      },
    }),
    world.context(),
  );
  expect(groups.map(({ candidates }) => candidates)).toEqual([['a'], ['b']]);
  expect(groups[0]!.rounds.map(({ lap }) => lap)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  expect([...groups[0]!.rounds[0]!.turns.keys()].toSorted()).toEqual(['a', 'baseline', 'baseline (again)']);
  expect(orders.size).toBeGreaterThan(4);
  expect(open).toBe(0);
});

test('a run that something disturbed is repeated for all versions, a few times at most', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(2, 'b')), []);
  const disturbedAlways = { ...watched, clockJumpMs: 5_000 };
  let calls = 0;
  const [group] = await runsUnderLoad(
    trial,
    settings({
      runs: 5,
      round: async (_setup, _round, arms) => {
        calls++;
        return new Map(arms.map(({ id }) => [id, turnOf(playedOf([0, 1], [2, 3]), disturbedAlways, 1)]));
      },
    }),
    world.context(),
  );
  expect(calls).toBe(7);
  expect(group).toMatchObject({ repeated: 2, disturbed: 5 });
  expect(group!.notes).toContain('disturbed: the clock jumped by 5000 ms, or the machine slept');
});

test('a candidate that fails leaves with all its runs; the baseline ends it all, and so does a cancellation', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(2, 'b')), [world.subject('bad', about(2, 'x'))]);
  const failing = (whose: string) =>
    settings({
      round: async (_setup, round, arms, attempt) => {
        const turns = new Map();
        for (const arm of arms) {
          const turn = await attempt(arm, async () => {
            if (arm.id === whose && round === 2) throw new SteelyardError('runtime/crashed', 'gone');
            return turnOf(playedOf([0, 1], [2, 3]), watched, 1);
          });
          if (turn !== null) turns.set(arm.id, turn);
        }
        return turns;
      },
    });
  const [group] = await runsUnderLoad(trial, failing('bad'), world.context());
  expect(group!.failed.get('bad')).toEqual({ code: 'runtime/crashed', message: 'gone' });
  expect(group!.rounds.some(({ turns }) => turns.has('bad'))).toBe(false);
  await expect(runsUnderLoad(trial, failing('baseline'), world.context())).rejects.toMatchObject({
    code: 'runtime/crashed',
  });
  const stopped = world.context({ signal: AbortSignal.abort(new Error('stop')) });
  await expect(runsUnderLoad(trial, settings(), stopped)).rejects.toThrow('stop');
});
