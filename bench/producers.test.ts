import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findPeer, produce, producePeer, runToEnd, type Command, type Job } from './producers.ts';

const folder = mkdtempSync(join(tmpdir(), 'steelyard-producers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (code: string, ...args: string[]): Command => ({ file: process.execPath, args: ['-e', code, ...args] });
const job = (name: string): Job => ({ model: 'in.onnx', folder: join(folder, name), batches: '' });
const limits = { maxSeconds: 60 };

/** An executable that stands in for a Python installation of a certain kind. */
const program = (name: string, lines: string): string => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
};

test('no Python: says which one is not there and what to give', async () => {
  expect(await findPeer(join(folder, 'no-python'))).toEqual({
    missing: `there is no ${join(folder, 'no-python')}: give a Python with onnxruntime and onnx in STEELYARD_PYTHON`,
  });
});

test.runIf(process.platform !== 'win32')('a Python without the packages, and one that does not start', async () => {
  const bare = program('bare', `echo '{"python": "3.12.1", "onnxruntime": null, "onnx": null, "torch": null}'`);
  expect(await findPeer(bare)).toMatchObject({
    missing: expect.stringContaining('(Python 3.12.1) has no onnxruntime and no onnx'),
  });
  const broken = program('broken', 'echo "cannot load libpython" >&2; exit 127');
  expect(await findPeer(broken)).toMatchObject({ missing: expect.stringContaining('cannot load libpython') });
  const good = program('good', `echo '{"python": "3.12.1", "onnxruntime": "1.2", "onnx": "1.3"}'`);
  expect(await findPeer(good)).toMatchObject({ python: good, versions: { onnxruntime: '1.2' } });
});

test('a job that ends well: its figures, its files, nothing left beside them', async () => {
  const code = `
    const fs = require('node:fs');
    const job = JSON.parse(fs.readFileSync(process.argv[1], 'utf8'));
    fs.writeFileSync(job.work + '/half', 'x');
    fs.writeFileSync(job.output, Buffer.alloc(1000));
    fs.writeFileSync(job.output + '.data', Buffer.alloc(234));
    fs.writeFileSync(job.result, JSON.stringify({ seconds: job.answer, cpuSeconds: 1, startSeconds: 1, startPeakBytes: 1, peakBytes: 7 }));`;
  const outcome = await produce((file) => node(code, file), job('good-job'), { answer: 42 }, limits);
  expect(outcome).toMatchObject({ kind: 'made', sizeBytes: 1234, took: { seconds: 42 } });
  expect(readdirSync(folder)).not.toContain('good-job.work');
});

test('a job that fails gives the last line of what it said', async () => {
  const code = `console.error('Traceback (most recent call last):\\n  File "x"\\nValueError: Too many bins'); process.exit(1)`;
  expect(await produce((file) => node(code, file), job('bad-job'), {}, limits)).toEqual({
    kind: 'failed',
    reason: 'ValueError: Too many bins',
  });
});

test('an error of Node is named, not Node’s version below it', async () => {
  expect(await runToEnd(node("throw new TypeError('no such operator')"), limits)).toEqual({
    kind: 'failed',
    reason: 'TypeError: no such operator',
  });
});

test('a job that refuses, one that never ends, one that is killed, one that cannot start', async () => {
  const refuses = `
    const fs = require('node:fs');
    const job = JSON.parse(fs.readFileSync(process.argv[1], 'utf8'));
    fs.writeFileSync(job.result, JSON.stringify({ refused: 'the graph has no MatMul' }));`;
  expect(await produce((file) => node(refuses, file), job('refuses'), {}, limits)).toEqual({
    kind: 'failed',
    reason: 'the graph has no MatMul',
  });
  expect(await runToEnd(node('setInterval(() => {}, 1000)'), { maxSeconds: 0.5 })).toEqual({
    kind: 'failed',
    reason: 'not finished after 0.5 s',
  });
  if (process.platform !== 'win32')
    expect(await runToEnd(node("process.kill(process.pid, 'SIGKILL')"), limits)).toEqual({
      kind: 'failed',
      reason: 'ended by SIGKILL: it said nothing',
    });
  expect(await producePeer(join(folder, 'no-python'), 'dynamic', {}, job('none'), limits)).toEqual({
    kind: 'failed',
    reason: `there is no ${join(folder, 'no-python')}`,
  });
});

test.runIf(process.platform === 'linux')('memory of what a job starts counts with its own', async () => {
  const grandchild = `Buffer.alloc(200e6, 1); setTimeout(() => {}, 1000)`;
  const code = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(grandchild)}])`;
  const alone = await runToEnd(node('setTimeout(() => {}, 500)'), limits);
  const both = await runToEnd(node(code), limits);
  if (alone.kind !== 'ended' || both.kind !== 'ended') throw new Error('a child failed');
  expect(both.treePeakBytes! - alone.treePeakBytes!).toBeGreaterThan(200e6);
});
