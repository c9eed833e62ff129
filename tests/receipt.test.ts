import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine, Receipt, ReceiptRecord, StoreRecord } from '../src/contracts/index.ts';
import { tune } from '../src/engine/tune.ts';
import { parseText } from '../src/model/graph/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { rawTensor } from '../src/model/tensor/index.ts';
import { openStore } from '../src/records/index.ts';
import { machineDigest } from '../src/runtime/machine.ts';
import { readMachine } from '../src/runtime/index.ts';
import { steelyard } from './cli.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporary();
});
afterAll(() => remove(folder));

describe('inspect --receipt', () => {
  test('says what ran, on made-up and on real inputs', async () => {
    const job = join(folder, 'inspect');
    const { model } = await tinyJob(job);
    expect((await steelyard(['optimize', model, '-t', 'quantize/dynamic', '-o', 'out'], { cwd: job })).code).toBe(0);
    const seen = await steelyard(['inspect', '--receipt', 'out'], { cwd: job });
    expect(seen).toMatchObject({ code: 0, err: '' });
    expect(seen.out).toMatch(
      /^\d+\.\d % of the time runs in integer kernels; everything that was quantized runs that way\n/,
    );
    for (const part of [
      'on random inputs',
      'Time by kernel',
      'int8 dynamic (u8×s8)',
      'Saturated sums',
      'This machine: ',
      'What cannot pay here',
    ])
      expect(seen.out).toContain(part);
    const json = await steelyard(['inspect', model, '--receipt', '--inputs', 'evaluation.jsonl', '--json'], {
      cwd: job,
    });
    expect(json.err).toBe('');
    const receipt = JSON.parse(json.out) as Receipt;
    expect(receipt).toMatchObject({ ranOn: '24 rows of evaluation.jsonl', integerShare: 0, unfulfilled: 0 });
    expect(receipt.rows.map(({ kernel }) => kernel)).toEqual(['float32', 'float32']);
    expect(receipt.groups.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  test('a trap is named with its reason; names from the file cannot move the cursor', async () => {
    const path = join(folder, 'trap.onnx');
    const codes = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, at) => (at * 37) % 256);
    const long = `${'layer/'.repeat(30)}MatMul`;
    const model = parseText(
      `i: int64[N]; s = float32[] {0.1}; z = int8[] {0}; t = int8[64, 32] {...}; d = DequantizeLinear(t, s, z); g = Gather(d, i) as "red\\u001b[31m"; w = int8[32, 32] {...}; f = Cast(w) {to: 1}; v = Mul(f, s); y = MatMul(g, v) as "${long}"; -> y: float32[N, 32]`,
      { tensors: { t: rawTensor('int8', [64, 32], codes(2048)), w: rawTensor('int8', [32, 32], codes(1024)) } },
    );
    await encodeFile(model, path);
    const { code, out } = await steelyard(['inspect', '--receipt', path]);
    expect(code).toBe(0);
    expect(out).toContain('2 operations that are made for few bits do not run that way');
    expect(out).toContain('the whole table of 2,048 values is dequantized at each run');
    expect(out).toContain('the int8 weight becomes float32 when the model loads');
    expect(out).not.toContain('\u001b');
    expect(out).toMatch(/ …[^\n]{30,43}MatMul /);
    const { rows } = JSON.parse((await steelyard(['inspect', '--receipt', path, '--json'])).out) as Receipt;
    expect(rows.map(({ node }) => node).sort()).toEqual([long, 'red\u001b[31m'].sort());
  });

  test('faults are coded and say what to do', async () => {
    const odd = join(folder, 'odd.onnx');
    await encodeFile(parseText('x: string[N]; y = Identity(x); -> y: string[N]'), odd);
    expect(await steelyard(['inspect', '--receipt', odd])).toMatchObject({
      code: 3,
      err: expect.stringContaining('--inputs') as string,
    });
    const foreign = join(folder, 'foreign.onnx');
    await encodeFile(
      parseText(
        'x: float32[1, 4, 16]; b: float32[16]; r: float32[1, 4, 16]; y = com.microsoft.BiasAdd(x, b, r); -> y: float32',
      ),
      foreign,
    );
    const refused = await steelyard(['inspect', '--receipt', foreign]);
    expect(refused).toMatchObject({
      code: 3,
      err: expect.stringContaining('no kernel on this CPU for BiasAdd') as string,
    });
    expect(refused.err).toContain('(engine/no-kernel)');
    expect(await steelyard(['inspect', foreign, '--inputs', 'x.jsonl'])).toMatchObject({ code: 2 });
    expect(await steelyard(['inspect'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('needs a model') as string,
    });
    // `--text` before the model still means the graph's text.
    expect((await steelyard(['inspect', '--text', foreign])).out).toContain('BiasAdd');
  });
});

const recordsOf = async (run: string): Promise<StoreRecord[]> => {
  const store = await openStore(run, { readOnly: true });
  const found: StoreRecord[] = [];
  try {
    for await (const record of store.records()) found.push(record);
  } finally {
    await store.close();
  }
  return found;
};

describe('a run and its machine', () => {
  test('keeps receipts of the original and the choice, says where it chose, and decides again elsewhere', async () => {
    const job = join(folder, 'machines');
    const { scenario } = await tinyJob(job);
    const here = await readMachine();
    const { digest: _, ...rest } = here;
    // A machine with other instruction sets than this one, whichever this is.
    const [named, instructionSets] = here.instructionSets.includes('avx512_vnni')
      ? (['AVX2 with VNNI', ['avx2', 'avx_vnni']] as const)
      : (['AVX-512 with VNNI', ['avx2', 'avx512_vnni', 'avx512f']] as const);
    const other = { ...rest, cpu: 'another', instructionSets: [...instructionSets] };
    const there: Machine = { ...other, digest: machineDigest(other) };
    const run = (machine: Machine, resume: boolean) =>
      tune({
        scenario,
        out: 'run',
        resume,
        command: 'steelyard tune scenario.yaml',
        base: job,
        signal: new AbortController().signal,
        machine,
      });
    const first = await run(here, false);
    const path = join(job, 'run');
    const before = await recordsOf(path);
    const receipts = before.filter((record): record is ReceiptRecord => record.kind === 'receipt');
    expect(receipts.map(({ subject }) => subject)).toEqual(['baseline', first.choice.chosen]);
    for (const receipt of receipts) {
      expect(receipt.outcome.kind).toBe('made');
      expect(receipt.seconds).toBeLessThan(10);
    }
    const chosenOn = async (): Promise<unknown> =>
      (JSON.parse(await readFile(join(first.written!, 'steelyard.json'), 'utf8')) as { chosenOn: unknown }).chosenOn;
    expect(await chosenOn()).toEqual({ cpu: here.cpu, instructionSets: here.instructionSets, machine: here.digest });
    expect(first.choice).toMatchObject({ machine: here.digest, instructionSets: here.instructionSets });

    // The same machine again: nothing is new.
    await run(here, true);
    expect(await recordsOf(path)).toEqual(before);

    const again = await run(there, true);
    const after = await recordsOf(path);
    const fresh = after.slice(before.length);
    const kinds = (list: readonly StoreRecord[]): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const { kind } of list) counts[kind] = (counts[kind] ?? 0) + 1;
      return counts;
    };
    // Answers, times, the choice and its receipts belong to the machine: every one is made again.
    for (const kind of ['run', 'predict', 'measure', 'choice', 'receipt', 'audit'])
      expect([kind, kinds(fresh)[kind]]).toEqual([kind, kinds(before)[kind]]);
    // Files do not: built versions are compared again, and kept.
    const builds = (list: readonly StoreRecord[]) =>
      list.flatMap((record) => (record.kind === 'build' && record.outcome.kind === 'built' ? [record] : []));
    expect(builds(fresh).map(({ outcome }) => outcome)).toMatchObject(
      builds(before).map(({ outcome }) => ({ files: outcome.kind === 'built' ? outcome.files : [] })),
    );
    for (const build of builds(fresh)) expect(build.instructionSets).toEqual(there.instructionSets);
    expect(again.choice).toMatchObject({ machine: there.digest, instructionSets: there.instructionSets });
    expect(await chosenOn()).toMatchObject({ machine: there.digest });
    for (const record of fresh) if (record.kind === 'measure') expect(record.machine).toBe(there.digest);

    // The report is about the machine of the last run.
    const report = await steelyard(['report', 'run', '--format', 'md'], { cwd: job });
    expect(report.out).toContain('Which kernels ran');
    expect(report.out).toContain(named);
    expect(report.out).toContain('Measurements from another machine are in the records too and are left out');
    // Seen from here, that version was chosen elsewhere.
    const seen = await steelyard(['inspect', '--receipt', first.written!]);
    expect(seen.out).toContain(`this version was chosen on ${named}`);

    // Back on the first machine: everything is remembered, and it is the newest choice again.
    const back = await run(here, true);
    const last = await recordsOf(path);
    expect(back.choice.machine).toBe(here.digest);
    expect(last.findLast(({ kind }) => kind === 'choice')).toMatchObject({ machine: here.digest });
    expect(kinds(last.slice(after.length))).toEqual({ run: 1, choice: 1 });
  }, 240_000);

  test('a damaged steelyard.json says nothing about machines', async () => {
    const job = join(folder, 'damaged');
    const { model } = await tinyJob(job);
    await steelyard(['optimize', model, '-t', 'quantize/dynamic', '-o', 'out'], { cwd: job });
    for (const text of ['{', 'null', '{"chosenOn": {"instructionSets": [1]}}']) {
      await writeFile(join(job, 'out', 'steelyard.json'), text);
      const seen = await steelyard(['inspect', '--receipt', 'out'], { cwd: job });
      expect(seen.code).toBe(0);
      expect(seen.out).not.toContain('was chosen on');
    }
  });
});
