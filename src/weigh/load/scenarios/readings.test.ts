import { expect, test } from 'vitest';
import { playedOf, queueOf } from '../testing/played.ts';
import {
  achievedShare,
  answeredCount,
  dispatchDelays,
  faultWords,
  goodputOf,
  latenciesOf,
  offeredRate,
  serviceTimes,
  spanOf,
} from './readings.ts';

const mixed = playedOf([0, 10, 20, 30, 40], [5, null, 30, undefined, 5]);

test('latency counts from when a request was due; what was lost is never faster than what was answered', () => {
  expect([...latenciesOf(mixed, 10)]).toEqual([5, 30, 30, 30, 5]);
  expect([...latenciesOf(mixed, 100)]).toEqual([5, 100, 30, 100, 5]);
  expect([...dispatchDelays({ ...mixed, sentMs: mixed.sentMs.map((ms) => ms + 2) })]).toEqual([2, 2, 2, 2, 2]);
  expect([...serviceTimes(mixed)]).toEqual([5, 30, 5]);
  expect(answeredCount(mixed)).toBe(3);
});

test('goodput counts what was answered within the limit, per second of the whole run', () => {
  expect(spanOf(mixed)).toBe(50);
  expect(goodputOf(mixed, 10)).toBeCloseTo(40);
  expect(goodputOf(mixed, 30)).toBeCloseTo(60);
  expect(goodputOf(playedOf([], []), 30)).toBe(0);
});

test('a server that keeps up achieves the offered rate; one that does not, the share it can', () => {
  const at = Array.from({ length: 200 }, (_, i) => (i + 1) * 10);
  expect(offeredRate(queueOf(at, 4))).toBeCloseTo(100);
  expect(achievedShare(queueOf(at, 4))).toBe(1);
  expect(achievedShare(queueOf(at, 20))).toBeCloseTo(0.5, 2);
  expect(achievedShare(playedOf([1, 2, 3, 4], [1, null, null, 1]))).toBeCloseTo(0.5);
  expect(achievedShare(playedOf([1, 2], [null, null]))).toBe(0);
});

test('faults are told by kind', () => {
  expect(faultWords(mixed)).toBe('of 5 requests: endpoint/dropped 1, unanswered 1');
  expect(faultWords(queueOf([1, 2], 1))).toBeNull();
});
