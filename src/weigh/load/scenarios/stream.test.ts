import { expect, test } from 'vitest';
import { about, drivenWorld } from '../testing/driven.ts';
import { plannedCalls } from './runs.ts';
import { streamRuns } from './stream.ts';

const settings = {
  label: 'test',
  rows: 1,
  callsPerQuery: 2,
  runs: 2,
  laps: 1,
  seconds: 0.05,
  minQueries: 40,
  maxSeconds: 10,
  together: 4,
};

test('every version gets the same queries; the first run keeps outputs that can be traced to their samples', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(4, 'b')), [world.subject('other', about(2, 'o'))]);
  const [group] = await streamRuns(trial, settings, world.context());
  expect(group!.rounds).toHaveLength(2);
  const [one, other] = ['baseline', 'other'].map((id) => group!.rounds[0]!.turns.get(id)!);
  expect(one!.played.kept.map(({ query }) => query)).toEqual(other!.played.kept.map(({ query }) => query));
  expect(one!.played.kept).toHaveLength(16);
  expect(group!.rounds[1]!.turns.get('other')!.played.kept).toHaveLength(0);
  const { query, outputs } = one!.played.kept[0]!;
  const { library } = group!.setup;
  const calls = plannedCalls.get(one!)!(query);
  const firsts = calls.map((call) => (library.calls({})[call]!['x']!.data as Float32Array)[0]);
  expect(outputs.map(({ y }) => (y!.data as Float32Array)[0])).toEqual(firsts);
});
