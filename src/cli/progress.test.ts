import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { progressLine } from './progress.ts';

const ci = process.env['CI'];
afterEach(() => {
  if (ci === undefined) delete process.env['CI'];
  else process.env['CI'] = ci;
});

/** A stream that says whether it is a terminal, and keeps what was written. */
const stream = (isTTY: boolean): { out: NodeJS.WriteStream; written: () => string } => {
  const through = new PassThrough();
  const chunks: Buffer[] = [];
  through.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    out: Object.assign(through, { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream,
    written: () => Buffer.concat(chunks).toString(),
  };
};

test('on a terminal: one line, elapsed and remaining time, cleared at the end', () => {
  delete process.env['CI'];
  let clock = 0;
  const { out, written } = stream(true);
  const line = progressLine(out, () => clock);
  line.show({ label: 'measuring latency', done: 0, total: 10 });
  clock = 30_000;
  line.show({ label: 'measuring latency', done: 5, total: 10, detail: 'round 5' });
  line.end();
  expect(written()).toContain('30 s  measuring latency  50 %, 30 s left  round 5');
  expect(written().endsWith('\r\u001B[2K')).toBe(true);
  expect(written()).not.toContain('\n');
});

test('silent when piped, but for warnings', () => {
  const { out, written } = stream(false);
  const line = progressLine(out);
  line.show({ label: 'measuring', done: 1, total: 2 });
  line.log('info', 'a detail');
  line.log('warn', 'a row was left out');
  line.end();
  expect(written()).toBe('warning: a row was left out\n');
});
