import { expect, test } from 'vitest';
import type { LoadClient, LoadPlan } from '../../../contracts/index.ts';
import { playedOf } from '../testing/played.ts';
import { takeLoadTurn, turnOf } from './turn.ts';

const watched = { ms: 50, stolenMs: 0, pressureMs: 0, throttledMs: 0, heatEvents: 0, clockJumpMs: 0 };

test('a turn holds the latencies of all queries, lost ones as slow as the slowest', () => {
  const turn = turnOf(playedOf([0, 10, 20], [4, 6, null]), watched, 20);
  expect(turn).toMatchObject({ ms: 6, samples: [4, 6, 20], turnMs: 30, wallMs: 50 });
});

test('a process that died, silence and an empty plan are coded errors', () => {
  const dead = { ...playedOf([0, 1], [1, null]), faults: [{ code: 'runtime/crashed', count: 1, message: 'gone' }] };
  expect(() => turnOf(dead, watched, 1)).toThrow(expect.objectContaining({ code: 'runtime/crashed', message: 'gone' }));
  expect(() => turnOf(playedOf([0, 1], [null, null]), watched, 1)).toThrow(
    expect.objectContaining({ code: 'endpoint/dropped' }),
  );
  expect(() => turnOf(playedOf([0], [undefined]), watched, 1)).toThrow(
    expect.objectContaining({ code: 'load/unanswered' }),
  );
  expect(() => turnOf(playedOf([], []), watched, 1)).toThrow(expect.objectContaining({ code: 'load/nothing-sent' }));
});

test('counts how often the model lost its core, where that can be seen', async () => {
  let switches = 3;
  const usage = () =>
    Promise.resolve({ rssBytes: 0, peakRssBytes: 0, cpuMs: 0, involuntaryContextSwitches: (switches += 4) });
  const client: LoadClient = { play: () => Promise.resolve(playedOf([0], [1])), usage, close: () => Promise.resolve() };
  expect((await takeLoadTurn(client, {} as LoadPlan, 1)).involuntarySwitches).toBe(4);
  const remote: LoadClient = { ...client, usage: () => Promise.resolve(null) };
  expect((await takeLoadTurn(remote, {} as LoadPlan, 1)).involuntarySwitches).toBe(0);
});
