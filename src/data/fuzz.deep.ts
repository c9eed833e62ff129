import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isSteelyardError } from '../contracts/index.ts';
import { seeded } from '../statistics/index.ts';
import { readExamples } from './index.ts';

// Damaged data files end in examples or in a coded error: no crash, no hang, no other exception.
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fixture = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(dirname(fileURLToPath(import.meta.url)), 'fixtures', name), 'utf8')) as Record<
    string,
    unknown
  >;
const decode = (text: unknown): Uint8Array => new Uint8Array(Buffer.from(text as string, 'base64'));

const lines = Array.from({ length: 20 }, (_, at) =>
  JSON.stringify({ text: `naïve "text" ${at}`, label: at % 2 === 0 ? 'a' : 'b', x: [at, 2, 3] }),
).join('\n');
const table = `text,label,x\n${Array.from({ length: 20 }, (_, at) => `"a ""quoted"", text ${at}",${at % 2 === 0 ? 'a' : 'b'},1`).join('\n')}\n`;

const seeds = async (): Promise<readonly (readonly [string, Uint8Array])[]> => {
  const parquet = (await fixture('parquet.json'))['files'] as Record<string, string>;
  const numpy = await fixture('numpy.json');
  return [
    ['a.jsonl', new TextEncoder().encode(lines)],
    ['a.csv', new TextEncoder().encode(table)],
    ['a.tsv', new TextEncoder().encode(table.replaceAll(',', '\t'))],
    ['a.npz', decode(numpy['npz'])],
    ['a.npz', decode(numpy['npzCompressed'])],
    ...Object.values(parquet).map((text) => ['a.parquet', decode(text)] as const),
  ];
};

const runs = Number(process.env['STEELYARD_FUZZ_RUNS'] ?? 6000);

test(`${runs} damaged files`, { timeout: 1_200_000 }, async () => {
  const files = await seeds();
  let slowest = { ms: 0, run: -1 };
  for (let run = 0; run < runs; run++) {
    const random = seeded(run, 'data fuzz');
    const [name, whole] = files[run % files.length]!;
    let bytes = whole.slice();
    for (let change = random.integer(4); change >= 0; change--) {
      const at = random.integer(bytes.length);
      const kind = random.integer(5);
      if (kind === 0) bytes[at] = random.integer(256);
      else if (kind === 1) bytes[at]! ^= 1 << random.integer(8);
      else if (kind === 2) bytes = bytes.slice(0, Math.max(1, at));
      else if (kind === 3) bytes.fill([0, 0xff, 0x80, 0x22][random.integer(4)]!, at, at + 1 + random.integer(8));
      else bytes.copyWithin(at, random.integer(bytes.length));
    }
    await writeFile(join(folder, name), bytes);
    const started = performance.now();
    for (const taskKind of ['text-classification', 'tensor-classification'] as const)
      try {
        await readExamples({ path: name, columns: { groups: [] } }, folder, { taskKind, labelled: run % 2 === 0 });
      } catch (error) {
        expect(
          isSteelyardError(error) && error.code.startsWith('data/'),
          `run ${run} (${name}): ${String(error)}`,
        ).toBe(true);
      }
    const ms = performance.now() - started;
    if (ms > slowest.ms) slowest = { ms, run };
  }
  expect(slowest.ms, `run ${slowest.run}`).toBeLessThan(20_000);
});
