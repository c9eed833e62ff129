import { expect, test } from 'vitest';
import { cannotPay, describeInstructionSets, saturatesU8S8 } from './instruction-sets.ts';

const machines: readonly (readonly [string, readonly string[], boolean])[] = [
  ['AVX2 without VNNI', ['avx', 'avx2', 'fma'], true],
  ['AVX-512 without VNNI', ['avx2', 'avx512f', 'avx512bw'], true],
  ['AVX2 with VNNI', ['avx2', 'avx_vnni'], false],
  ['AVX-512 with VNNI', ['avx2', 'avx512f', 'avx512_vnni'], false],
  ['AMX with int8 tiles', ['avx2', 'avx512f', 'avx512_vnni', 'amx_tile', 'amx_int8'], false],
  ['x86 without AVX2', ['sse4_1', 'sse4_2'], false],
  ['NEON with int8 matrix products', ['asimd', 'asimddp', 'asimdhp', 'i8mm'], false],
  ['NEON with int8 dot products', ['asimd', 'asimddp'], false],
  ['NEON without int8 dot products', ['neon'], false],
  ['unknown instruction sets', [], false],
];

test.each(machines)('%s', (words, sets, saturates) => {
  expect(describeInstructionSets(sets)).toBe(words);
  expect(saturatesU8S8(sets)).toBe(saturates);
  const ids = cannotPay(sets).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.includes('u8s8-saturates')).toBe(saturates);
  for (const { what, reason, source } of cannotPay(sets))
    for (const text of [what, reason, source]) expect(text.length).toBeGreaterThan(5);
});

test('exact kernels make fewer bits pointless, and only then; float16 pays where the CPU computes in it', () => {
  const ids = (sets: readonly string[]): string[] => cannotPay(sets).map(({ id }) => id);
  expect(ids(['avx2', 'avx_vnni'])).toContain('exact-already');
  expect(ids(['avx2'])).not.toContain('exact-already');
  expect(ids([])).not.toContain('exact-already');
  expect(ids(['avx2'])).toContain('float16-compute');
  expect(ids(['asimd', 'asimdhp'])).not.toContain('float16-compute');
  expect(ids(['asimd'])).not.toContain('nbits-8-level-0');
});
