import { expect, test } from 'vitest';
import type { ChoiceRecord, RunRecord, StoreRecord } from '../contracts/index.ts';
import { metrics } from '../engine/measure/known-metrics.ts';
import { fixture } from '../report/testing/fixture.ts';
import { search, searchFixture, trials } from '../report/testing/search.ts';
import { plainView } from './plain-view.ts';

const [first] = fixture('unfinished');
const run = {
  ...(first as RunRecord),
  scenario: { name: 'Support desk', budget: { minutes: 15 } },
  at: search.at,
};
const choice = searchFixture('chosen').findLast((record): record is ChoiceRecord => record.kind === 'choice')!;
const began = Date.parse(run.at);

/** A view whose clock stands at a second since the run began. */
const watching = (start = 0) => {
  let second = start;
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(...text.trimEnd().split('\n')) > 0 };
  const view = plainView(metrics, stream, () => began + second * 1000);
  return { view, lines, at: (now: number) => (second = now) };
};

const later = <R extends StoreRecord>(record: R, second: number): R => ({
  ...record,
  at: new Date(began + second * 1000).toISOString(),
});

test('a run from its start to its choice: phases, looks, what is weighed, what was chosen', () => {
  const { view, lines, at } = watching();
  view.hear(run);
  at(3);
  view.hear(later(search, 3));
  for (const [index, trial] of trials.entries()) {
    at(4 + 5 * index);
    view.show({ label: 'searching', done: index, total: 8 });
    view.hear(later(trial, 4 + 5 * index));
  }
  at(50);
  view.log('info', 'a detail');
  view.show({ label: 'weighing 2 versions', done: 0, total: null, detail: 'a; b' });
  view.show({ label: 'measuring latency', done: 0, total: 100 });
  at(52);
  view.show({ label: 'measuring latency', done: 50, total: 100 });
  at(4000);
  view.show({ label: 'measuring latency', done: 60, total: 100, detail: 'a' });
  view.hear(later(choice, 4000));
  view.end();
  const best =
    'best so far quantize/dynamic + quantize/embedding: median latency 0.61× [0.58, 0.65], size on disk 0.260×; conditions seem to hold';
  expect(lines).toEqual([
    '[0:00] Support desk: about 15 min 0 s',
    '[0:03] searching among 8 combinations for at most 10 min 0 s',
    '[0:04] searching, 0 % of the search’s time: 0 looks at 0 versions',
    `[0:14] searching, 8 % of the search’s time: 2 looks at 2 versions; ${best}`,
    `[0:24] searching, 16 % of the search’s time: 4 looks at 3 versions, 1 failed; ${best}`,
    '[0:29] first look at all rows',
    expect.stringMatching(
      /^\[0:39\] searching, 40 % of the search’s time: 7 looks at 4 versions, 1 failed; best so far /,
    ),
    expect.stringMatching(
      /^\[0:50\] searching, 49 % of the search’s time: 8 looks at 5 versions, 1 failed; best so far /,
    ),
    '[0:50] weighing 2 versions  a; b',
    '[0:50] measuring latency   0 %',
    expect.stringMatching(/^\[1:06:40\] measuring latency {2}60 %, .* left {2}a$/),
    `[1:06:40] chosen ${choice.chosen}; held-back data: pass`,
  ]);
});

test('within a phase at most one line in ten seconds; a phase that comes back is no news', () => {
  const { view, lines, at } = watching();
  for (let second = 0; second < 60; second++) {
    at(second);
    view.show({ label: second % 2 === 0 ? 'answering' : 'timing', done: second, total: 60 });
  }
  expect(lines.map((line) => line.slice(0, 6))).toEqual([
    '[0:00]',
    '[0:01]',
    '[0:11]',
    '[0:21]',
    '[0:31]',
    '[0:41]',
    '[0:51]',
  ]);
});

test('a run that goes on: what was before is counted and not told, and nothing is told twice', () => {
  const { view, lines, at } = watching(100);
  for (const record of [run, search, ...trials.map((one, index) => later(one, index))]) view.hear(record);
  expect(lines).toEqual([]);
  const again = later(run, 101);
  at(101);
  view.hear(again);
  view.hear(again);
  expect(lines).toEqual(['[0:01] Support desk: about 15 min 0 s']);
  view.show({ label: 'searching', done: 8, total: 8 });
  expect(lines[1]).toContain('8 looks at 5 versions');
});

test('a warning is told at once, and nothing acts on the terminal that shows the log', () => {
  const { view, lines } = watching();
  view.log('warn', 'a row was left out');
  view.show({ label: 'building', done: 0, total: null, detail: 'evil\u001B[2J\nname' });
  expect(lines).toEqual(['warning: a row was left out', '[0:00] building  evil\ufffd[2J name']);
});
