import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Feeds, Model, Tensor, Value } from '../../contracts/index.ts';
import { decode, decodeTensor, encode } from '../../model/onnx/index.ts';
import { readTensorSync, viewOf } from '../../model/tensor/index.ts';
import { packageRoot } from '../../package/index.ts';
import { childEnvironment } from '../onnxruntime/process.ts';
import type { OnceReply, OnceRequest } from './once.ts';

type Outcome = OnceReply | { readonly id: number; readonly step: 'crash'; readonly message: string };

/** Runs models from memory in a process that is started again after every crash. */
export interface Runner {
  run(model: Uint8Array, feeds: Feeds): Promise<Outcome>;
  close(): void;
}

/** A runner on the compiled `once.js`. A model that does not answer in a minute counts as crashed. */
export const startRunner = (): Runner => {
  const entry = join(packageRoot, 'dist/src/runtime/testing/once.js');
  let child: ChildProcess | null = null;
  let next = 1;
  return {
    run: (model, feeds) =>
      new Promise((resolve) => {
        child ??= fork(entry, [], {
          serialization: 'advanced',
          stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
          env: childEnvironment(process.env),
          execArgv: [],
        });
        const one = child;
        const id = next++;
        const settle = (outcome: Outcome): void => {
          clearTimeout(timer);
          one.off('message', onMessage).off('exit', onExit);
          resolve(outcome);
        };
        const onMessage = (reply: OnceReply): void => {
          if (reply.id === id) settle(reply);
        };
        const onExit = (code: number | null, signal: string | null): void => {
          child = null;
          settle({ id, step: 'crash', message: signal ?? `exit code ${code}` });
        };
        const timer = setTimeout(() => one.kill('SIGKILL'), 60_000);
        one.on('message', onMessage).on('exit', onExit);
        const request: OnceRequest = { id, model, feeds };
        one.send(request);
      }),
    close: () => child?.kill('SIGKILL'),
  };
};

const toValue = (tensor: Tensor): Value => {
  const { dtype, dims, data } = tensor;
  if (data.kind === 'strings')
    return { dtype, dims, data: data.values.map((bytes) => new TextDecoder().decode(bytes)) };
  return { dtype, dims, data: viewOf(dtype, readTensorSync(tensor)) };
};

/** Input or output tensors of a test's first data set, in order; null where one is no tensor (a sequence, an optional) or of a type that has no array. */
const readSet = async (folder: string, kind: 'input' | 'output'): Promise<readonly (Value | null)[]> => {
  const set = join(folder, 'test_data_set_0');
  const files = (await readdir(set)).filter((name) => name.startsWith(`${kind}_`));
  const ordered = files.sort((a, b) => Number(/\d+/.exec(a)![0]) - Number(/\d+/.exec(b)![0]));
  return Promise.all(
    ordered.map(async (name) => {
      try {
        return toValue(decodeTensor(await readFile(join(set, name))));
      } catch {
        return null;
      }
    }),
  );
};

const half = (bits: number): number => {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return (bits & 0x8000) === 0 ? size : -size;
};

/** Whether two values agree as ONNX's own backend tests ask: relative 1e-3, absolute 1e-7; equal where not floating. */
export const agrees = (value: Value, expected: Value): boolean => {
  if (value.dtype !== expected.dtype || value.dims.join() !== expected.dims.join()) return false;
  const floating = /^(float|bfloat)/.test(value.dtype);
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [value.data[i], expected.data[i]];
    if (!floating) {
      if (a !== b) return false;
      continue;
    }
    const [x, y] = value.dtype === 'float16' ? [half(a as number), half(b as number)] : [a as number, b as number];
    if (Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    if (!(Math.abs(x - y) <= 1e-7 + 1e-3 * Math.abs(y))) return false;
  }
  return true;
};

/** Bit for bit the same. */
export const identical = (a: Readonly<Record<string, Value>>, b: Readonly<Record<string, Value>>): boolean => {
  const bytes = ({ data }: Value): Uint8Array | string =>
    Array.isArray(data)
      ? JSON.stringify(data)
      : new Uint8Array((data as Uint8Array).buffer, (data as Uint8Array).byteOffset, (data as Uint8Array).byteLength);
  const names = Object.keys(a);
  return (
    names.join() === Object.keys(b).join() &&
    names.every((name) => {
      const [x, y] = [a[name]!, b[name]!];
      if (x.dtype !== y.dtype || x.dims.join() !== y.dims.join()) return false;
      const [p, q] = [bytes(x), bytes(y)];
      return typeof p === 'string' || typeof q === 'string' ? p === q : Buffer.compare(p, q) === 0;
    })
  );
};

export type Conformance =
  /** The original runs and gives the expected outputs; `kept` says whether the re-encoded model does too. */
  | { readonly kind: 'matched'; readonly kept: boolean }
  /** The original runs and gives something else (random numbers, another reading of the specification). */
  | { readonly kind: 'differs'; readonly identical: boolean }
  /** The original does not run here: another opset, a type that cannot be exchanged, a crash. */
  | { readonly kind: 'not run'; readonly step: 'load' | 'run' | 'crash' | 'data'; readonly message: string };

const inputsOf = (model: Model, values: readonly (Value | null)[]): Feeds | null => {
  if (values.some((value) => value === null)) return null;
  return Object.fromEntries(values.map((value, i) => [model.graph.inputs[i]!.name, value!]));
};

/** One test folder of the ONNX backend suite: the original against its expected outputs, then decoded and encoded again. */
export const conform = async (folder: string, runner: Runner): Promise<Conformance> => {
  const bytes = new Uint8Array(await readFile(join(folder, 'model.onnx')));
  const model = decode(bytes, folder);
  const feeds = inputsOf(model, await readSet(folder, 'input'));
  const expected = await readSet(folder, 'output');
  if (feeds === null || expected.includes(null))
    return { kind: 'not run', step: 'data', message: 'its test data are not plain tensors' };
  const original = await runner.run(bytes, feeds);
  if (!('outputs' in original)) return { kind: 'not run', step: original.step, message: original.message };
  const matches = ({ outputs }: { outputs: Readonly<Record<string, Value>> }): boolean =>
    expected.every((value, i) => {
      const output = outputs[model.graph.outputs[i]!.name];
      return output !== undefined && agrees(output, value!);
    });
  const again = await runner.run(await encode(model), feeds);
  const same = 'outputs' in again && identical(original.outputs, again.outputs);
  if (!matches(original)) return { kind: 'differs', identical: same };
  return { kind: 'matched', kept: 'outputs' in again && (same || matches(again)) };
};

/** Count and name the outcomes of many folders. */
export const conformAll = async (
  folders: readonly string[],
  processes: number,
): Promise<ReadonlyMap<string, Conformance>> => {
  const outcomes = new Map<string, Conformance>();
  const queue = [...folders];
  await Promise.all(
    Array.from({ length: processes }, async () => {
      const runner = startRunner();
      try {
        for (let folder = queue.shift(); folder !== undefined; folder = queue.shift())
          outcomes.set(folder, await conform(folder, runner));
      } finally {
        runner.close();
      }
    }),
  );
  return outcomes;
};
