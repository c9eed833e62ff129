import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharedOrSkip } from '../../testing/shared.ts';
import { decodeFile, encode } from './index.ts';
import { graph, linear, model, nested, node } from './testing/models.ts';
import { fuzz, mutate, stream } from './testing/mutate.ts';

const count = Number(process.env['STEELYARD_FUZZ_COUNT'] ?? 24_000);
const seed = Number(process.env['STEELYARD_FUZZ_SEED'] ?? 20_260_101);

const own = (): Promise<Uint8Array[]> =>
  Promise.all(
    [
      linear(),
      linear(300),
      nested(6),
      model({ nodes: [node('Loop', ['x'], ['y'], { body: { kind: 'graph', value: graph({}) } })] }),
    ].map(encode),
  );

/** Real models of moderate size, so that many rounds fit into minutes. */
const real = (): Uint8Array[] => {
  const found: Uint8Array[] = [];
  for (const parts of [['models'], ['conformance', 'onnxruntime-testdata-2020']]) {
    const folder = sharedOrSkip('real models as fuzzing seeds', ...parts);
    if (folder === null) continue;
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.onnx'))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort();
    for (const path of entries) {
      const bytes = readFileSync(path);
      if (bytes.length < 200_000) found.push(bytes);
    }
  }
  return found;
};

test(`${count} damaged models, own and real`, async () => {
  const { decoded, refused, slowestMs, codes } = await fuzz([...(await own()), ...real()], count, seed);
  process.stdout.write(
    `decoded ${decoded}, refused ${refused}, slowest ${slowestMs.toFixed(0)} ms; ${JSON.stringify(Object.fromEntries(codes))}\n`,
  );
  expect(decoded + refused).toBe(count);
  expect(refused).toBeGreaterThan(count / 10);
  expect(slowestMs).toBeLessThan(10_000);
});

test('2000 damaged files, read by reference', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-fuzz-'));
  try {
    const base = await encode(linear(300));
    let slowestMs = 0;
    for (let round = 0; round < 2000; round++) {
      const path = join(folder, 'model.onnx');
      writeFileSync(path, mutate(base, stream(seed + round)));
      const started = performance.now();
      await decodeFile(path).catch((error: Error) => expect([round, error.name]).toEqual([round, 'SteelyardError']));
      slowestMs = Math.max(slowestMs, performance.now() - started);
    }
    expect(slowestMs).toBeLessThan(10_000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
