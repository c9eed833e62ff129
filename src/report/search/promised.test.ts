import { expect, test } from 'vitest';
import type { ExploredRecord, StoreRecord } from '../../contracts/index.ts';
import { metrics } from '../testing/metrics.ts';
import { explored, search, searchFixture } from '../testing/search.ts';
import { viewOf } from '../view.ts';
import { promiseText, unweighedText } from './promised.ts';

const student = 'distill/student + quantize/dynamic';

const viewWith = (changes: Partial<ExploredRecord>, rungs = search.rungs) =>
  viewOf(
    searchFixture().map((record): StoreRecord =>
      record === explored ? { ...record, ...changes } : record === search ? { ...record, rungs } : record,
    ),
    metrics,
  );

test('something that looked better and was not weighed for lack of time is told, with its number', () => {
  expect(promiseText(viewWith({ ended: 'time', finalists: ['quantize/dynamic'] }))).toBe(
    `a short look at all rows promised more of ${student} (median latency 0.200× [0.189, 0.212] against the original), but there was no time to weigh it: a larger budget may find a better version`,
  );
});

test('nothing is told where it was weighed, the search ended by itself, or the looks cannot tell the two apart', () => {
  expect(promiseText(viewWith({ ended: 'time' }))).toBeNull();
  expect(promiseText(viewWith({ ended: 'done', finalists: ['quantize/dynamic'] }))).toBeNull();
  // 0.63 against 0.64, with an error of 0.03 each.
  const finalists = [student, 'quantize/dynamic'];
  expect(promiseText(viewWith({ ended: 'time', finalists }))).toBeNull();
});

test('why a version has no verdict: it failed at a look, others promised more, or time ran out', () => {
  const view = viewWith({});
  expect(unweighedText(view, 'quantize/blockwise')).toBe(
    'Looked at on a few rows: it does not seem to meet every condition.',
  );
  expect(unweighedText(view, 'quantize/dynamic + quantize/embedding')).toBe(
    'Looked at on all rows: others promised more.',
  );
  expect(unweighedText(view, 'never tried')).toBeNull();
  const another = [...search.rungs, { name: 'all rows twice', cost: 2 }];
  expect(unweighedText(viewWith({ ended: 'time' }, another), 'quantize/dynamic + quantize/embedding')).toBe(
    'Looked at on all rows, where it seems to meet every condition; the search’s time was used up before a closer look.',
  );
});
