import { expect, test } from 'vitest';
import { parseRollup, processMemory, resetPeak } from './proc.ts';

test('reads private, shared and proportional memory', () => {
  const text = `55aa-7fff ---p 00000000 00:00 0 [rollup]
Rss:              100 kB
Pss:               70 kB
Shared_Clean:      40 kB
Shared_Dirty:       2 kB
Private_Clean:      8 kB
Private_Dirty:     50 kB
`;
  expect(parseRollup(text)).toEqual({ privateBytes: 58 * 1024, sharedBytes: 42 * 1024, proportionalBytes: 70 * 1024 });
  expect(parseRollup('Rss: 1 kB')).toBeNull();
});

test('a process that is not there tells nothing', () => {
  expect(processMemory(2 ** 30)).toBeNull();
  expect(resetPeak(2 ** 30)).toBe(false);
});

test.skipIf(process.platform !== 'linux')('this process has private memory, and its peak can begin anew', () => {
  expect(processMemory(process.pid)!.privateBytes).toBeGreaterThan(1e6);
  expect(resetPeak(process.pid)).toBe(true);
});
