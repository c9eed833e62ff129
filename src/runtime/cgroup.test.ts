import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { totalmem, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cpuLimit, groupLimits, memoryLimit } from './cgroup.ts';
import { readMachine } from './machine.ts';

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder that looks like a system's root. */
const rootWith = (files: Readonly<Record<string, string>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'steelyard-cgroup-'));
  made.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};

test('reads the CPU limit of a control group of either version', () => {
  expect(cpuLimit('150000 100000\n', null, null)).toBe(1.5);
  expect(cpuLimit('max 100000\n', null, null)).toBeNull();
  expect(cpuLimit(null, '200000\n', '100000\n')).toBe(2);
  expect(cpuLimit(null, '-1\n', '100000\n')).toBeNull();
  expect(cpuLimit(null, null, null)).toBeNull();
  expect(cpuLimit('', null, null)).toBeNull();
});

test('reads the memory limit of either version', () => {
  expect(memoryLimit('2147483648\n')).toBe(2147483648);
  expect(memoryLimit('max\n')).toBeNull();
  expect(memoryLimit('9223372036854771712\n')).toBeNull();
  expect(memoryLimit('\n')).toBeNull();
  expect(memoryLimit('0\n')).toBeNull();
  expect(memoryLimit(null)).toBeNull();
});

test('a container with cgroup v2: its limits lie at the top of the tree that it sees', () => {
  const root = rootWith({
    'proc/self/cgroup': '0::/\n',
    'sys/fs/cgroup/cpu.max': '250000 100000\n',
    'sys/fs/cgroup/memory.max': '1073741824\n',
  });
  expect(groupLimits(root)).toEqual({ cpus: 2.5, memoryBytes: 1073741824 });
});

test('a service in a slice: the tightest of all groups above counts, each for its own resource', () => {
  const root = rootWith({
    'proc/self/cgroup': '0::/work.slice/steelyard.service\n',
    'sys/fs/cgroup/work.slice/cpu.max': '100000 100000\n',
    'sys/fs/cgroup/work.slice/memory.max': '8000000000\n',
    'sys/fs/cgroup/work.slice/steelyard.service/cpu.max': 'max 100000\n',
    'sys/fs/cgroup/work.slice/steelyard.service/memory.max': '500000000\n',
    'sys/fs/cgroup/other.slice/memory.max': '1\n',
  });
  expect(groupLimits(root)).toEqual({ cpus: 1, memoryBytes: 500000000 });
});

test('cgroup v1: each controller has a tree of its own; a container sees its part of it as the top', () => {
  const groups = '5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n1:name=systemd:/docker/abc\n';
  const v1 = (folder: string): Record<string, string> => ({
    'proc/self/cgroup': groups,
    [`sys/fs/cgroup/cpu${folder}/cpu.cfs_quota_us`]: '50000\n',
    [`sys/fs/cgroup/cpu${folder}/cpu.cfs_period_us`]: '100000\n',
    [`sys/fs/cgroup/memory${folder}/memory.limit_in_bytes`]: '268435456\n',
  });
  const limits = { cpus: 0.5, memoryBytes: 268435456 };
  expect(groupLimits(rootWith(v1('')))).toEqual(limits);
  expect(groupLimits(rootWith(v1('/docker/abc')))).toEqual(limits);
});

test('no group, no limit', () => {
  expect(groupLimits(rootWith({}))).toEqual({ cpus: null, memoryBytes: null });
});

test('a machine in a group has what the group leaves of it, and no more than there is', async () => {
  const at = (bytes: string) =>
    readMachine(
      rootWith({
        'proc/self/cgroup': '0::/\n',
        'sys/fs/cgroup/memory.max': bytes,
        'sys/fs/cgroup/cpu.max': '50000 100000\n',
      }),
    );
  const small = await at('1000000\n');
  expect(small).toMatchObject({ memoryBytes: 1_000_000, cgroupCpuLimit: 0.5 });
  expect((await at('9000000000000000\n')).memoryBytes).toBe(totalmem());
});
