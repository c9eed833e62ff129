import { expect, test } from 'vitest';
import { follow, fitted, liveLines, nothingYet, searchLine, viewOfRun } from './live.ts';
import { widthOf } from './render/width.ts';
import { fixture } from './testing/fixture.ts';
import { metrics } from './testing/metrics.ts';
import { search, searchFixture, trials } from './testing/search.ts';

const [run] = fixture('unfinished');
const begun = [
  { ...run!, scenario: { name: 'Support desk', budget: { minutes: 15 } } } as typeof run & object,
  search,
  ...trials,
];
const now = Date.parse('2026-03-02T09:38:10.000Z');

test('a search that goes on', () => {
  expect(viewOfRun(begun, metrics, now, { width: 110 })).toEqual(
    [
      'Support desk: 8 min 10 s, about 6 min 50 s left',
      '0 versions built',
      '━━━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌  49 % of the search’s time: 8 looks at 5 versions, 1 failed',
      'best   distill/student + quantize/dynamic: median latency 0.200× [0.189, 0.212], size on disk 0.300×; conditi…',
      'front  median latency        size on disk',
      '       0.200× [0.189, 0.212]  0.300×        distill/student + quantize/dynamic',
      '       0.63× [0.59, 0.67]     0.260×        quantize/dynamic + quantize/embedding',
      'now    looked at distill/student + quantize/dynamic 70 s ago',
    ].map((line, at) => (at === 4 ? expect.stringMatching(/^front {2}median latency +size on disk$/) : line)),
  );
});

test('what somebody knows better than the records is said instead', () => {
  const live = begun.reduce(follow, nothingYet);
  expect(liveLines(live, metrics, now, { width: 80, doing: 'measuring latency  41 %' }).at(-1)).toBe(
    'now    measuring latency  41 %',
  );
});

test('the search in one line, for where nothing can be rewritten', () => {
  expect(searchLine(begun.reduce(follow, nothingYet), metrics)).toBe(
    '49 % of the search’s time: 8 looks at 5 versions, 1 failed; best so far distill/student + quantize/dynamic: median latency 0.200× [0.189, 0.212], size on disk 0.300×; conditions seem to hold',
  );
  expect(searchLine(nothingYet, metrics)).toBeNull();
});

test('the next of many scenarios counts anew, a run that goes on does not', () => {
  const live = begun.reduce(follow, nothingYet);
  expect(follow(live, begun[0]!).trials).toHaveLength(live.trials.length);
  const next = { ...begun[0]!, scenario: { name: 'Kiosk', budget: { minutes: 1 } } } as (typeof begun)[0];
  expect(follow(live, next)).toMatchObject({ name: 'Kiosk', trials: [], search: null, built: 0, budgetSeconds: 60 });
});

test('a finished run says what was chosen', () => {
  const lines = viewOfRun(searchFixture('chosen'), metrics, now, { width: 100 });
  expect(lines[0]).toBe('Support desk: decided after under 1 s');
  expect(lines.at(-1)).toMatch(/^chosen quantize\/.*; held-back data: pass$/);
  expect(viewOfRun(searchFixture('keep'), metrics, now, { width: 100 }).at(-1)).toContain('the original stays');
  expect(viewOfRun(searchFixture('nothing'), metrics, now, { width: 100 }).at(-1)).toContain('comes closest');
});

test('a run without a search, and one that has not begun', () => {
  const lines = viewOfRun(fixture('unfinished'), metrics, now, { width: 100 });
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain('versions built');
  expect(viewOfRun([], metrics, now, { width: 100 })[0]).toBe('a run that has not begun');
});

test.each([20, 40, 80])('no line is wider than %i columns, and nothing acts', (width) => {
  for (const line of viewOfRun(searchFixture('unfinished'), metrics, now, { width })) {
    expect(widthOf(line)).toBeLessThanOrEqual(width);
    expect(line).not.toMatch(/\p{Cc}/u);
  }
  expect(fitted('日本語テキスト', 6)).toBe('日本…');
});
