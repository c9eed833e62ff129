import { expect, test } from 'vitest';
import { instantiate, type Memory } from '../../../simd/instantiate.ts';
import { fourKernel } from './four-kernel.ts';
import { dataAt, scalesAt, zerosAt } from './four-memory.ts';

interface Exports {
  readonly memory: Memory;
  readonly quantize: (...of: number[]) => void;
}

test.each(['k-quant', 'hqq'] as const)('%s: four blocks on a grid of their own are found exactly', (method) => {
  const scheme = { bits: 4, blockSize: 16, symmetric: false } as const;
  const bytes = fourKernel({ scheme, method, importance: 'one', halfScales: false, pairs: true });
  const { memory, quantize } = instantiate<Exports>(bytes);
  const data = new Float32Array(memory.buffer, dataAt, 64);
  const [scales, zeros] = [
    [1, 0.5, 2 ** -20, 2 ** 40],
    [0, 15, 7, 3],
  ];
  for (let i = 0; i < 16; i++)
    for (let lane = 0; lane < 4; lane++) data[i * 4 + lane] = (i - zeros[lane]!) * scales[lane]!;
  const target = dataAt + 256;
  quantize(dataAt, 4, 16, 16, 16, target, 8, 1);
  expect([...new Float32Array(memory.buffer, scalesAt, 4)]).toEqual(scales);
  expect(Array.from(new Float32Array(memory.buffer, zerosAt, 4), (zero) => zero + 0)).toEqual(zeros);
  const codes = [...new Uint8Array(memory.buffer, target, 8)];
  expect(codes).toEqual([0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe]);
  for (let lane = 1; lane < 4; lane++) expect([...new Uint8Array(memory.buffer, target + 8 * lane, 8)]).toEqual(codes);
});
