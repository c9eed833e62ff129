import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Model } from '../src/contracts/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { tensor } from '../src/model/tensor/index.ts';
import { differingCodes } from './codes.ts';

const folder = mkdtempSync(join(tmpdir(), 'steelyard-codes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withCodes = async (name: string, output: string, codes: readonly number[]): Promise<string> => {
  const model: Model = {
    irVersion: 8,
    producer: 'test',
    graph: {
      name: 'g',
      inputs: [],
      outputs: [],
      nodes: [
        {
          name: 'n',
          op: 'MatMulNBits',
          domain: 'com.microsoft',
          inputs: ['x', `${name}-b`],
          outputs: [output],
          attributes: {},
        },
      ],
      initializers: new Map([[`${name}-b`, tensor('uint8', [codes.length], Uint8Array.from(codes))]]),
      values: new Map(),
    },
    opsets: new Map([['', 17]]),
    metadata: new Map(),
    functions: [],
  };
  const path = join(folder, `${name}.onnx`);
  await encodeFile(model, path);
  return path;
};

test('counts nibbles, whatever the initializers are called, and only nodes that both files have', async () => {
  const one = await withCodes('one', 'y', [0x12, 0x34, 0x56]);
  const two = await withCodes('two', 'y', [0x12, 0x35, 0x98]);
  expect(await differingCodes(one, two)).toEqual({ differing: 3, of: 6, operators: 1 });
  expect(await differingCodes(one, one)).toEqual({ differing: 0, of: 6, operators: 1 });
  const other = await withCodes('other', 'z', [0x12, 0x34, 0x56]);
  expect(await differingCodes(one, other)).toEqual({ differing: 0, of: 0, operators: 0 });
});
