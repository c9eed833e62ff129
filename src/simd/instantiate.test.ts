import { expect, test } from 'vitest';
import { assemble, i32, routine } from './assemble.ts';
import { int, floats, get, intAdd, store } from './code.ts';
import { instantiate, reserve, type Memory } from './instantiate.ts';

test('memory grows and keeps what it holds; bytes that are no module throw', () => {
  const put = routine('put', [i32], [], ([at]) => store(intAdd(get(at), int(16)), floats(2.5)));
  const { memory, put: work } = instantiate<{ memory: Memory; put: (at: number) => void }>(assemble([put], 0, 1));
  work(0);
  expect(memory.buffer.byteLength).toBe(65536);
  reserve(memory, 65536);
  expect(memory.buffer.byteLength).toBe(65536);
  reserve(memory, 65537);
  expect(memory.buffer.byteLength).toBe(131072);
  work(65536);
  const floats32 = new Float32Array(memory.buffer);
  expect([floats32[3], floats32[4], floats32[7], floats32[16384 + 4]]).toEqual([0, 2.5, 2.5, 2.5]);
  expect(() => instantiate(Uint8Array.of(1, 2, 3))).toThrow(/WebAssembly/);
});
