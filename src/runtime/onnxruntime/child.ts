// Entry of a session's own process: loads one model, answers requests, ends with its parent.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { InferenceSession as OrtSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { DataType, SessionOptions, SessionUsage, Training, Value, ValueArray } from '../../contracts/index.ts';
import type { Answers, Loaded, Profiling, Ran, Reply, Request, Slot } from './protocol.ts';
import { TrainedWeights } from './training/trained-weights.ts';

// A parent that is gone closes the channel. Inside a native call this is seen as soon as the call returns.
process.on('disconnect', () => process.exit(0));
// The parent decides when a Ctrl-C ends this process.
process.on('SIGINT', () => undefined);

// Where Float16Array exists, the native library refuses every float16 tensor; the type map is fixed at the first tensor.
Reflect.deleteProperty(globalThis, 'Float16Array');
// Required: to import a CommonJS package, Node reads all of its files twice.
const { InferenceSession, Tensor } = createRequire(import.meta.url)(
  'onnxruntime-node',
) as typeof import('onnxruntime-node');

let session: OrtSession | null = null;
const kept = new Map<string, OrtTensor>();
/** Weights that learn, and the tensors by which a run reads them in place. */
let trained: { readonly weights: TrainedWeights; readonly feeds: Readonly<Record<string, OrtTensor>> } | null = null;

const slots = (metadata: readonly OrtSession.ValueMetadata[]): Slot[] =>
  metadata.map((one) => ({
    name: one.name,
    tensor: one.isTensor ? { dtype: one.type, dims: [...one.shape] } : null,
  }));

/** Weights above this many bytes go beside the optimized graph, where that is asked for. */
const externalBytes = '1024';

const load = async (path: string, options: SessionOptions, profile: Profiling | null): Promise<Loaded> => {
  const profiling =
    profile === null
      ? {}
      : {
          enableProfiling: true,
          profileFilePrefix: profile.prefix,
          optimizedModelFilePath: profile.optimizedPath,
        };
  const external: Record<string, string> =
    profile === null || profile.optimizedData === null
      ? {}
      : {
          'session.optimized_model_external_initializers_file_name': profile.optimizedData,
          'session.optimized_model_external_initializers_min_size_in_bytes': externalBytes,
        };
  const start = performance.now();
  session = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.intraOpThreads,
    interOpNumThreads: options.interOpThreads,
    graphOptimizationLevel: options.graphOptimization,
    executionMode: options.executionMode,
    enableCpuMemArena: options.memoryArena,
    enableMemPattern: options.memoryPattern,
    logSeverityLevel: 3,
    // Session config entries: the key is joined from nested names, and a flat name is one part of its own.
    extra: { ...options.config, ...external },
    ...profiling,
  });
  const loadMs = performance.now() - start;
  return { inputs: slots(session.inputMetadata), outputs: slots(session.outputMetadata), loadMs };
};

const toValue = (name: string, tensor: OrtTensor | undefined): Value => {
  if (tensor === undefined) throw new Error(`output "${name}" was not produced`);
  return { dtype: tensor.type as DataType, dims: [...tensor.dims], data: tensor.data as ValueArray };
};

const opened = (): OrtSession => {
  if (session === null) throw new Error('no model is loaded');
  return session;
};

const run = async (request: Extract<Request, { kind: 'run' }>): Promise<Ran> => {
  const { fetch, keep, zeros, cpu, descent } = request;
  const feeds: Record<string, OrtTensor> = { ...trained?.feeds, ...Object.fromEntries(kept) };
  for (const [name, value] of Object.entries(request.feeds)) {
    feeds[name] = new Tensor(value.dtype as 'float32', value.data as Float32Array, value.dims);
    kept.delete(name);
  }
  for (const [name, dims] of Object.entries(zeros)) {
    const count = dims.reduce((product, dim) => product * dim, 1);
    feeds[name] = new Tensor('float32', new Float32Array(count), dims);
    kept.delete(name);
  }
  const gradients = descent === null ? [] : trainedWeights().weights.map(({ of }) => of.gradient);
  const before = cpu ? process.cpuUsage() : null;
  const start = performance.now();
  const results = await opened().run(feeds, [...new Set([...fetch, ...Object.keys(keep), ...gradients])]);
  const norm =
    descent === null
      ? null
      : trainedWeights().descend((name) => toValue(name, results[name]).data as Float32Array, descent);
  const durationMs = performance.now() - start;
  const used = before === null ? null : process.cpuUsage(before);
  for (const [output, input] of Object.entries(keep)) kept.set(input, results[output] as OrtTensor);
  const outputs = Object.fromEntries(fetch.map((name) => [name, toValue(name, results[name])]));
  return { outputs, durationMs, cpuMs: used === null ? Number.NaN : (used.user + used.system) / 1000, norm };
};

const read = (inputs: readonly string[]): Answers['read'] =>
  Object.fromEntries(inputs.map((name) => [name, toValue(name, kept.get(name))]));

const trainedWeights = (): TrainedWeights => {
  if (trained === null) throw new Error('no weights learn here');
  return trained.weights;
};

const train = (training: Training): void => {
  const weights = new TrainedWeights(training);
  const feeds = weights.weights.map(({ of, values }): [string, OrtTensor] => [
    of.weight,
    new Tensor('float32', values, of.dims),
  ]);
  trained = { weights, feeds: Object.fromEntries(feeds) };
};

const writeWeights = (values: Readonly<Record<string, Value>>): void => {
  for (const [name, { data }] of Object.entries(values)) trainedWeights().write(name, data as Float32Array);
};

const readWeights = (names: readonly string[]): Answers['readWeights'] =>
  Object.fromEntries(
    names.map((name) => {
      const { dims, data } = trainedWeights().read(name);
      return [name, { dtype: 'float32', dims, data }];
    }),
  );

let collector: (() => void) | null = null;
/** Throw this process's own garbage away. */
const collectGarbage = (): void => {
  if (collector === null) {
    process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc');
    collector = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void;
  }
  collector();
};

/** `VmHWM` belongs to this program alone; the kernel's `ru_maxrss` may include the parent's size before the start. */
const usage = (): SessionUsage => {
  const resources = process.resourceUsage();
  const status = ((): string => {
    try {
      return readFileSync('/proc/self/status', 'utf8');
    } catch {
      return '';
    }
  })();
  const kilobytes = (key: string): number | null => {
    const match = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status);
    return match === null ? null : Number(match[1]) * 1024;
  };
  return {
    rssBytes: kilobytes('VmRSS') ?? process.memoryUsage.rss(),
    peakRssBytes: kilobytes('VmHWM') ?? resources.maxRSS * 1024,
    cpuMs: (resources.userCPUTime + resources.systemCPUTime) / 1000,
    involuntaryContextSwitches: resources.involuntaryContextSwitches,
    pid: process.pid,
  };
};

const answer = async (request: Request): Promise<Answers[Request['kind']]> => {
  switch (request.kind) {
    case 'load':
      return load(request.path, request.options, request.profile);
    case 'run':
      return run(request);
    case 'train':
      train(request.training);
      return null;
    case 'writeWeights':
      writeWeights(request.values);
      return null;
    case 'readWeights':
      return readWeights(request.names);
    case 'read':
      return read(request.inputs);
    case 'usage':
      if (request.collect) collectGarbage();
      return usage();
    case 'finish':
      opened().endProfiling();
      return null;
    case 'unload':
      kept.clear();
      trained = null;
      await opened().release();
      session = null;
      return null;
  }
};

const send = (reply: Reply): void => {
  process.send?.(reply, (error: Error | null) => {
    // The channel is gone: so is the parent.
    if (error !== null) process.exit(0);
  });
};

const reply = (request: Request): Promise<void> =>
  answer(request).then(
    (value) => send({ id: request.id, ok: true, value }),
    (error: unknown) =>
      send({ id: request.id, ok: false, message: error instanceof Error ? error.message : String(error) }),
  );

// One after another: the parent may send the next request before the last one is answered.
let last: Promise<void> = Promise.resolve();
process.on('message', (request: Request) => {
  last = last.then(() => reply(request));
});
