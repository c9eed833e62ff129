import { expect, test } from 'vitest';
import { anyWorker, lacks, taskName, type Requirement } from './requirement.ts';
import { testMachine } from './testing/hands.ts';

const worker = { machine: testMachine('sha256:a'), labels: { site: 'lab' }, version: '1.0.0' };
const kernels = (instructionSets: readonly string[], onnxruntime = '1.30.0') => ({ instructionSets, onnxruntime });

test.each<[Partial<Requirement>, readonly string[]]>([
  [{}, []],
  [{ labels: { site: 'lab' } }, []],
  [{ labels: { site: 'roof' } }, ['label site=roof (it says site=lab)']],
  [{ labels: { gpu: 'no' } }, ['label gpu=no']],
  [{ instructionSets: ['avx2', 'avx512f'] }, ['instruction set avx512f']],
  [{ coresAtLeast: 5 }, ['5 cores (it has 4)']],
  [{ memoryBytesAtLeast: 9e9 }, ['9.0 GB of memory (it has 8.0 GB)']],
  [{ kernels: kernels(['avx2', 'avx']) }, []],
  [{ kernels: kernels(['avx']) }, ['the instruction sets that the run decides for (avx)']],
  [{ kernels: kernels(['avx', 'avx2'], '1.29.0') }, ['ONNX Runtime 1.29.0 (it has 1.30.0)']],
  [{ machine: 'sha256:a' }, []],
  [{ machine: 'sha256:b' }, ['the very kind of machine that the run decides for']],
])('what a worker lacks for %j', (required, missing) => {
  expect(lacks(worker, { ...anyWorker, ...required }, '1.0.0')).toEqual(missing);
});

test('a container has the cores of its quota, not those of its machine', () => {
  const contained = { ...worker, machine: { ...worker.machine, cgroupCpuLimit: 2.5 } };
  expect(lacks(contained, { ...anyWorker, coresAtLeast: 2 }, '1.0.0')).toEqual([]);
  expect(lacks(contained, { ...anyWorker, coresAtLeast: 3 }, '1.0.0')).toEqual(['3 cores (it has 2)']);
});

test('another version is lacking too, with both named', () => {
  expect(lacks(worker, anyWorker, '1.1.0')).toEqual(['Steelyard 1.1.0 (it has 1.0.0)']);
});

test('the same requirement has one name, whatever the order of its parts; another one or another version has another', () => {
  const name = (required: Partial<Requirement>, version = '1') => taskName({ ...anyWorker, ...required }, version);
  expect(name({ instructionSets: ['a', 'b'], labels: { x: '1', y: '2' } })).toBe(
    name({ instructionSets: ['b', 'a'], labels: { y: '2', x: '1' } }),
  );
  expect(new Set([name({}), name({}, '2'), name({ coresAtLeast: 2 }), name({ labels: { x: '1' } })]).size).toBe(4);
});
