import { createHash } from 'node:crypto';
import { usableCores, type Digest, type Machine } from '../contracts/index.ts';

/** Words about a worker that only its owner knows: site=lab, cpu=avx2. */
export type Labels = Readonly<Record<string, string>>;

/** What a worker must be to do a job. */
export interface Requirement {
  readonly labels: Labels;
  /** All of these. */
  readonly instructionSets: readonly string[];
  readonly coresAtLeast: number;
  readonly memoryBytesAtLeast: number;
  /** What answers depend on: exactly these instruction sets and this runtime; null: any. */
  readonly kernels: { readonly instructionSets: readonly string[]; readonly onnxruntime: string } | null;
  /** What times depend on: exactly this machine; null: any. */
  readonly machine: Digest | null;
}

export const anyWorker: Requirement = {
  labels: {},
  instructionSets: [],
  coresAtLeast: 1,
  memoryBytesAtLeast: 0,
  kernels: null,
  machine: null,
};

/** What is known of a worker. */
export interface Worker {
  readonly id: string;
  readonly name: string;
  /** Of Steelyard. */
  readonly version: string;
  readonly machine: Machine;
  readonly labels: Labels;
  /** How many jobs it takes at a time. */
  readonly size: number;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** What a worker lacks for a job, in words; empty: it can do it. */
export const lacks = (
  { machine, labels, version }: Pick<Worker, 'machine' | 'labels' | 'version'>,
  required: Requirement,
  wanted: string,
): readonly string[] => {
  const missing: string[] = [];
  if (version !== wanted) missing.push(`Steelyard ${wanted} (it has ${version})`);
  for (const [name, value] of Object.entries(required.labels))
    if (labels[name] !== value)
      missing.push(`label ${name}=${value}${labels[name] === undefined ? '' : ` (it says ${name}=${labels[name]})`}`);
  for (const set of required.instructionSets)
    if (!machine.instructionSets.includes(set)) missing.push(`instruction set ${set}`);
  // What a container may not use, it does not have.
  const cores = usableCores(machine);
  if (cores < required.coresAtLeast) missing.push(`${required.coresAtLeast} cores (it has ${cores})`);
  if (machine.memoryBytes < required.memoryBytesAtLeast)
    missing.push(`${gigabytes(required.memoryBytesAtLeast)} of memory (it has ${gigabytes(machine.memoryBytes)})`);
  const { kernels } = required;
  if (kernels !== null) {
    const same =
      kernels.instructionSets.length === machine.instructionSets.length &&
      kernels.instructionSets.every((set) => machine.instructionSets.includes(set));
    if (!same) missing.push(`the instruction sets that the run decides for (${kernels.instructionSets.join(' ')})`);
    if (machine.onnxruntime !== kernels.onnxruntime)
      missing.push(`ONNX Runtime ${kernels.onnxruntime} (it has ${machine.onnxruntime})`);
  }
  if (required.machine !== null && required.machine !== machine.digest)
    missing.push('the very kind of machine that the run decides for');
  return missing;
};

const sorted = (value: object): object =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The name under which jobs with this requirement wait: a worker asks only for names that it can serve. */
export const taskName = (required: Requirement, version: string): string => {
  const { labels, instructionSets, kernels } = required;
  const text = JSON.stringify({
    ...required,
    labels: sorted(labels),
    instructionSets: instructionSets.toSorted(),
    kernels: kernels === null ? null : { ...kernels, instructionSets: kernels.instructionSets.toSorted() },
    version,
  });
  return `steelyard:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
};

/** A requirement in words: "label site=lab, instruction set avx2, 4 cores". */
export const describeRequirement = (required: Requirement, version: string): string =>
  lacks(
    {
      version: '',
      labels: {},
      machine: {
        instructionSets: [],
        cores: 0,
        cgroupCpuLimit: null,
        memoryBytes: 0,
        onnxruntime: '',
        digest: '',
      } as unknown as Machine,
    },
    required,
    version,
  )
    .map((one) => one.replace(/ \(it has .*\)$/, ''))
    .join(', ');
