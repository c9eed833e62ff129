import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Feeds, Model, Random, RunResult } from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { parseText, printText } from '../../model/graph/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { seeded } from '../../statistics/index.ts';
import { compareOutputs } from '../testing/compare.ts';
import { floatValue } from '../testing/models.ts';
import { fuseTechniques } from './index.ts';

const workFolder = mkdtempSync(join(tmpdir(), 'steelyard-random-'));
afterAll(() => rmSync(workFolder, { recursive: true, force: true }));
const context = createContext({ seed: 1, workFolder });

const shapes = ['int64[2] {3, 4}', 'int64[2] {-1, 4}', 'int64[2] {0, -1}'];

/** One statement that makes `out` of shape [3, 4] from values of shape [3, 4]. */
const statement = (random: Random, out: string, pick: () => string, depth: number): string => {
  const unary = ['Neg', 'Abs', 'Relu', 'Identity', 'Dropout', 'Identity', 'Tanh'];
  const binary = ['Add', 'Mul', 'Sub', 'Max'];
  switch (random.integer(depth > 0 ? 9 : 8)) {
    case 0:
    case 1:
      return `${out} = ${unary[random.integer(unary.length)]}(${pick()})`;
    case 2:
    case 3:
      return `${out} = ${binary[random.integer(binary.length)]}(${pick()}, ${pick()})`;
    case 4:
      return `${out}_s = ${shapes[random.integer(3)]}; ${out} = Reshape(${pick()}, ${out}_s)`;
    case 5:
      return `${out}_t = Transpose(${pick()}) {perm: [${random.integer(2) === 0 ? '0, 1' : '1, 0'}]}; ${out}_k = Shape(x); ${out} = Reshape(${out}_t, ${out}_k)`;
    case 6:
      return `${out}_c = Constant() {value: float32[4] {1.0, ${random.integer(2)}.0, -1.0, 0.5}}; ${out} = Mul(${pick()}, ${out}_c)`;
    case 7:
      return `${out}_w = float32[] {${random.integer(2)}.0}; ${out} = ${['Add', 'Mul'][random.integer(2)]}(${pick()}, ${out}_w)`;
    default:
      return `${out} = If(flag) {then_branch: graph "t" { ${body(random, `${out}_a`, pick, depth - 1)} }, else_branch: graph "e" { ${body(random, `${out}_b`, pick, depth - 1)} }}`;
  }
};

const body = (random: Random, prefix: string, outside: () => string, depth: number): string => {
  const own: string[] = [];
  const pick = (): string =>
    (own.length > 0 && random.integer(2) === 0 ? own[random.integer(own.length)] : outside()) ?? outside();
  const lines = Array.from({ length: 1 + random.integer(4) }, (_, i) => {
    const line = statement(random, `${prefix}${i}`, pick, depth);
    own.push(`${prefix}${i}`);
    return line;
  });
  return `${lines.join('; ')}; -> ${own.at(-1)}: float32[3, 4]`;
};

const randomModel = (seed: number): Model => {
  const random = seeded(seed, 'model');
  const values = ['x', 'y', 'w', 'v'];
  const pick = (): string => values[random.integer(values.length)] ?? 'x';
  const row = (sign: number): string => Array.from({ length: 12 }, (_, i) => `${sign * (i % 5)}.25`).join(', ');
  const lines = [
    `x: float32[3, 4]; y: float32[3, 4]; flag: bool[]; w = float32[3, 4] {${row(1)}}; v = float32[3, 4] {${row(1)}}`,
  ];
  const count = 6 + random.integer(20);
  for (let i = 0; i < count; i++) {
    lines.push(statement(random, `n${i}`, pick, 2));
    values.push(`n${i}`);
  }
  const made = values.slice(4);
  const outputs = [...new Set([made.at(-1), made[random.integer(made.length)], made[random.integer(made.length)]])];
  return parseText(`${lines.join('\n')}\n-> ${outputs.map((name) => `${name}: float32[3, 4]`).join(', ')}`);
};

const feedsOf = (seed: number, flag: number): Feeds => {
  const random = seeded(seed, 'feeds');
  return {
    x: floatValue(random, 3, 4),
    y: floatValue(random, 3, 4),
    flag: { dtype: 'bool', dims: [], data: Uint8Array.of(flag) },
  };
};

const answers = async (model: Model, seed: number): Promise<RunResult[]> => {
  const session = await context.open(model);
  try {
    return [await session.run(feedsOf(seed, 0)), await session.run(feedsOf(seed, 1))];
  } finally {
    await session.close();
  }
};

test('random graphs give the same answers after every fuse technique, in any order', async () => {
  const total = Number(process.env['STEELYARD_SEEDS'] ?? 150);
  let changes = 0;
  for (let seed = 1; seed <= total; seed++) {
    const original = randomModel(seed);
    const expected = await answers(original, seed);
    let model = original;
    for (const technique of seeded(seed, 'order').shuffle([...fuseTechniques, ...fuseTechniques])) {
      const options = parseOptions(technique.id, technique.options, {}) as never;
      if (technique.check(model, options)) continue;
      const result = await technique.apply(model, options, context);
      changes += result.changes.length;
      ({ model } = result);
      expect(checkModel(model), `seed ${seed}, ${technique.id}`).toEqual(checkModel(original));
    }
    const { relativeError } = compareOutputs(expected, await answers(model, seed));
    expect(relativeError, `seed ${seed}\n${printText(original)}\n\n${printText(model)}`).toBeLessThan(1e-5);
  }
  process.stderr.write(`${total} random graphs, ${changes} changes\n`);
  expect(changes).toBeGreaterThan(total);
});
