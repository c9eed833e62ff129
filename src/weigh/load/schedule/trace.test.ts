import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseTrace, readTrace, replay, traceRate } from './trace.ts';

test('reads seconds, dates and JSON lists, starting at zero', () => {
  expect([...parseTrace('t', '# comment\n10\n10.5\n\n12\n')]).toEqual([0, 500, 2000]);
  expect([...parseTrace('t', '2026-01-31T12:00:00.250Z\n2026-01-31T12:00:01Z')]).toEqual([0, 750]);
  expect([...parseTrace('t', '[0, 0.25, "1"]')]).toEqual([0, 250, 1000]);
});

test('a trace keeps its pattern at another rate', () => {
  const times = parseTrace('t', '0\n1\n1.1\n4');
  expect(traceRate(times)).toBe(0.75);
  expect([...replay(times, null, 2_000)]).toEqual([0, 1000, 1100]);
  const fast = replay(times, 7.5, 1e9);
  expect([...fast].map(Math.round)).toEqual([0, 100, 110, 400]);
});

test.each([
  ['', /0 arrivals/],
  ['5', /1 arrivals/],
  ['1\nsoon', /entry 2 is "soon"/],
  ['3\n1', /entry 2 lies before/],
  ['[1, ', /no JSON list/],
  ['[1, null]', /entry 2/],
])('refuses %j', (text, says) => {
  expect(() => parseTrace('t', text)).toThrow(says);
});

test('reads a file, and says when it cannot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-trace-'));
  try {
    await writeFile(join(folder, 'trace.txt'), '0\n1\n');
    expect([...(await readTrace(join(folder, 'trace.txt')))]).toEqual([0, 1000]);
    await expect(readTrace(join(folder, 'absent'))).rejects.toMatchObject({ code: 'load/trace' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
