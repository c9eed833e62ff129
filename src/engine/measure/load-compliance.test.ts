import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complianceOf, type Complied } from './load-compliance.ts';
import { loadTest, type LoadSettings } from './load.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-compliance-'));
  // Three words each, so that all are alike.
  const rows = Array.from({ length: 64 }, (_, i) => ({ text: `order ${i} late` }));
  await writeFile(join(folder, 'texts.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Completion {
  readonly text: string;
  readonly finish: 'stop' | 'length';
  readonly tokens: number;
}

const whole = (prompt: string): Completion => ({
  text: ` about ${prompt}: it is on its way and comes within three days`,
  finish: 'stop',
  tokens: 14,
});

/** A server of completions; `answer` is told whether the timed run is on. */
const serve = async (answer: (prompt: string, timed: boolean) => Completion | Promise<Completion>) => {
  let timed = false;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const prompt = (JSON.parse(body) as { prompt: string[] }).prompt[0]!;
      // Long enough that the noise of a busy machine is small beside it.
      const working = new Promise((resolve) => setTimeout(resolve, 3));
      void Promise.all([answer(prompt, timed), working]).then(([{ text, finish, tokens }]) =>
        response.end(
          JSON.stringify({ choices: [{ text, finish_reason: finish }], usage: { completion_tokens: tokens } }),
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const settings: LoadSettings = {
    target: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/completions`,
    scenario: 'server',
    rate: 200,
    limitMs: 5_000,
    percentile: 0.9,
    seconds: 0.2,
    minQueries: 32,
    arrivals: 'constant',
    burstiness: 1,
    batchSize: 1,
    threads: 1,
    data: 'texts.jsonl',
    textColumn: 'text',
    endpoint: { timeoutMs: 1_000, maxTokens: 20 },
    seed: 1,
    base: folder,
    signal: new AbortController().signal,
    progress: ({ label }) => void (timed = label.startsWith('sending')),
  };
  try {
    return await loadTest(settings);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};
const outcomes = (tests: readonly Complied[]) => tests.map(({ test: name, outcome }) => `${name} ${outcome}`);

describe('a server over HTTP', () => {
  test('that does what it says passes all four tests', async () => {
    const { compliance, violations, faults } = await serve(whole);
    expect(outcomes(compliance)).toEqual(['TEST01 passed', 'TEST04 passed', 'TEST06 passed', 'TEST09 passed']);
    expect([violations, faults]).toEqual([[], []]);
  });

  test('that cuts its answers, or changes them, under load fails TEST06, TEST09 and TEST01', async () => {
    const { compliance, violations } = await serve((prompt, timed) => {
      const full = whole(prompt);
      if (!timed) return full;
      return /[02468] late$/.test(prompt)
        ? { ...full, text: full.text.slice(0, 20), tokens: 5 }
        : { ...full, text: full.text.replace('three', 'seven') };
    });
    expect(outcomes(compliance)).toEqual(['TEST01 failed', 'TEST04 passed', 'TEST06 failed', 'TEST09 failed']);
    expect(violations.map(({ code }) => code)).toEqual([
      'load/outputs-differ',
      'load/truncated-outputs',
      'load/output-lengths',
    ]);
    expect(violations[0]!.message).toMatch(/^32 of 32 answers .* \(MLPerf TEST01\)$/);
    expect(violations[1]!.message).toMatch(/^\d+ of 32 answers of the timed run are cut short .*\(MLPerf TEST06\)$/);
  });

  test('that remembers what it answered fails TEST04', async () => {
    const known = new Set<string>();
    const { compliance, violations } = await serve(async (prompt) => {
      if (!known.has(prompt)) await new Promise((resolve) => setTimeout(resolve, 15));
      known.add(prompt);
      return whole(prompt);
    });
    expect(outcomes(compliance)).toEqual(['TEST01 passed', 'TEST04 failed', 'TEST06 passed', 'TEST09 passed']);
    expect(violations[0]!.message).toContain('an input that was sent before takes');
  });
});

describe('answers side by side', () => {
  const asked = { text: { dtype: 'string', dims: [1], data: ['a'] } } as const;
  const judge = (timed: unknown, judged: unknown) =>
    complianceOf(
      [{ call: 0, outputs: timed as never }],
      [asked],
      async () => ({ run: async () => ({ outputs: judged, durationMs: 1, cpuMs: 0 }), close: async () => {} }) as never,
      16,
      { violation: null, exempt: 'the inputs differ in length' },
    ).then(({ tests }) => outcomes(tests));
  const text = (one: string) => ({ completion: { dtype: 'string', dims: [1], data: [one] } });
  const numbers = (...data: number[]) => ({ y: { dtype: 'float32', dims: [1, data.length], data } });

  test.each([
    ['one end mark', 'to be</s>', 'to be</s>', 'passed'],
    ['two end marks', 'to be</s></s>', 'to be</s></s>', 'failed'],
    ['text after the end mark', 'to be</s> or not', 'to be</s> or not', 'failed'],
  ])('%s', async (_name, timed, judged, outcome) => {
    expect(await judge(text(timed), text(judged))).toContain(`TEST06 ${outcome}`);
  });

  test('an answer that says that it stopped at the allowed length has that length', async () => {
    const ended = (finish: string, tokens: number) => ({
      ...text('to be'),
      finish_reason: { dtype: 'string', dims: [1], data: [finish] },
      completion_tokens: { dtype: 'float64', dims: [1], data: Float64Array.of(tokens) },
    });
    expect(await judge(ended('length', 16), ended('length', 16))).toContain('TEST06 passed');
    expect(await judge(ended('stop', 2), ended('stop', 2))).toContain('TEST06 passed');
    expect(await judge(ended('length', 12), ended('length', 12))).toContain('TEST06 failed');
  });

  test('numbers: fewer are cut, others differ, rounding does not', async () => {
    expect(await judge(numbers(1, 2), numbers(1, 2.001))).toEqual([
      'TEST01 passed',
      'TEST04 exempt',
      'TEST06 passed',
      'TEST09 exempt',
    ]);
    expect(await judge(numbers(1), numbers(1, 2))).toContain('TEST06 failed');
    expect(await judge(numbers(1, Number.NaN), numbers(1, 2))).toContain('TEST06 failed');
    expect(await judge(numbers(2, 1), numbers(1, 2))).toEqual([
      'TEST01 failed',
      'TEST04 exempt',
      'TEST06 passed',
      'TEST09 exempt',
    ]);
  });
});
