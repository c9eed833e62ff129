import { expect, test } from 'vitest';
import { machineDigest, readMachine, setsOfCpuinfo, setsOfSysctl } from './machine.ts';

test('reads the instruction sets that choose kernels, and only those', () => {
  const x86 = 'processor\t: 0\nflags\t\t: fpu sse4_2 avx2 fma avx512_vnni mmx\n\nprocessor\t: 1\nflags\t\t: fpu\n';
  expect(setsOfCpuinfo(x86)).toEqual(['avx2', 'avx512_vnni', 'fma', 'sse4_2']);
  expect(setsOfCpuinfo('Features\t: fp asimd asimddp i8mm crc32\n')).toEqual(['asimd', 'asimddp', 'i8mm']);
  expect(setsOfCpuinfo('')).toEqual([]);
});

test('reads them from the sysctl of both kinds of Mac', () => {
  expect(
    setsOfSysctl('hw.optional.arm.FEAT_DotProd: 1\nhw.optional.arm.FEAT_I8MM: 0\nhw.optional.AdvSIMD: 1\n'),
  ).toEqual(['asimd', 'asimddp']);
  expect(
    setsOfSysctl('machdep.cpu.features: FPU SSE4.1 FMA AVX1.0\nmachdep.cpu.leaf7_features: AVX2 AVX512F AVX512VNNI\n'),
  ).toEqual(['avx', 'avx2', 'avx512_vnni', 'avx512f', 'fma', 'sse4_1']);
});

test('fingerprints this machine the same way twice, and differently when anything differs', async () => {
  const machine = await readMachine();
  expect(machine.cores).toBeGreaterThan(0);
  expect(machine.onnxruntime).toMatch(/^\d+\.\d+\.\d+/);
  expect(machine.steelyard).toMatch(/^\d+\.\d+\.\d+/);
  expect(machine.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect((await readMachine()).digest).toBe(machine.digest);
  const { digest, ...rest } = machine;
  expect(machineDigest(Object.fromEntries(Object.entries(rest).reverse()) as typeof rest)).toBe(digest);
  expect(machineDigest({ ...rest, kernel: `${rest.kernel}x` })).not.toBe(digest);
});
