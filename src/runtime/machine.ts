import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Machine } from '../contracts/index.ts';
import { packageVersion } from '../package/index.ts';
import { groupLimits } from './cgroup.ts';
import { runtimeVersion } from './version.ts';

// Instruction sets that decide which kernels ONNX Runtime picks, by the names of Linux's /proc/cpuinfo.
const x86 = 'sse4_1 sse4_2 avx avx2 fma f16c avx_vnni avx512f avx512bw avx512vl avx512_vnni avx512_bf16 avx512_fp16';
const x86Matrix = 'amx_tile amx_int8 amx_bf16';
// NEON, dot product, int8 matrix product, half precision, scalable vectors.
const arm = 'neon asimd asimddp asimdhp fphp i8mm bf16 sve sve2 sme';
const relevant = new Set([x86, x86Matrix, arm].join(' ').split(' '));

/** Apple's names for the Arm features above. */
const appleNames: Readonly<Record<string, string>> = {
  AdvSIMD: 'asimd',
  FEAT_DotProd: 'asimddp',
  FEAT_FP16: 'asimdhp',
  FEAT_I8MM: 'i8mm',
  FEAT_BF16: 'bf16',
  FEAT_SME: 'sme',
};

/** Instruction sets from the text of /proc/cpuinfo (x86 "flags", Arm "Features"), sorted. */
export const setsOfCpuinfo = (text: string): string[] => {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? '';
  return [...new Set(line.split(/\s+/).filter((flag) => relevant.has(flag)))].sort();
};

/** Instruction sets from the output of `sysctl -a hw.optional machdep.cpu` (macOS, Intel and Apple silicon), sorted. */
export const setsOfSysctl = (text: string): string[] => {
  const found = new Set<string>();
  for (const [, name, value] of text.matchAll(/^hw\.optional\.(?:arm\.)?(\S+):\s*(\d+)$/gm)) {
    if (value === '1' && name !== undefined && appleNames[name] !== undefined) found.add(appleNames[name]);
  }
  for (const [, list] of text.matchAll(/^machdep\.cpu\.(?:leaf7_)?features:\s*(.*)$/gm)) {
    for (const flag of (list ?? '').toLowerCase().split(/\s+/)) {
      const name = flag === 'avx1.0' ? 'avx' : flag.replace(/^(avx512)(vnni|bf16|fp16)$/, '$1_$2').replace('.', '_');
      if (relevant.has(name)) found.add(name);
    }
  }
  return [...found].sort();
};

/** `sha256:` over the JSON of a machine with its keys in order: equal machines, equal digests. */
export const machineDigest = (machine: Omit<Machine, 'digest'>): string => {
  const ordered = Object.fromEntries(Object.entries(machine).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `sha256:${createHash('sha256').update(JSON.stringify(ordered)).digest('hex')}`;
};

const readOrNull = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);

const runOrEmpty = async (file: string, args: string[]): Promise<string> =>
  promisify(execFile)(file, args, { timeout: 5_000, maxBuffer: 1 << 20 }).then(
    ({ stdout }) => stdout,
    () => '',
  );

/** This machine, as far as it decides speed: numbers of two machines with different digests are never compared.
 *  Works on Linux, macOS and Windows; what a system does not tell is null or empty.
 *  Memory is what its control group leaves of it. `root`: the folder that holds `proc` and `sys` of that group. */
export const readMachine = async (root = '/'): Promise<Machine> => {
  const limits = groupLimits(root);
  const cpuinfo = await readOrNull('/proc/cpuinfo');
  const instructionSets =
    cpuinfo === null
      ? setsOfSysctl(process.platform === 'darwin' ? await runOrEmpty('sysctl', ['-a']) : '')
      : setsOfCpuinfo(cpuinfo);
  const model = cpus()[0]?.model.trim() ?? '';
  const machine = {
    cpu: model === '' || model === 'unknown' ? process.arch : model,
    cores: availableParallelism(),
    memoryBytes: Math.min(totalmem(), limits.memoryBytes ?? Number.POSITIVE_INFINITY),
    instructionSets,
    os: type(),
    kernel: release(),
    governor: (await readOrNull('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'))?.trim() ?? null,
    cgroupCpuLimit: limits.cpus,
    node: process.versions.node,
    onnxruntime: runtimeVersion(),
    steelyard: packageVersion,
  };
  return { ...machine, digest: machineDigest(machine) };
};
