import { SteelyardError } from '../../contracts/index.ts';

/** Texts with which ONNX Runtime, C++ and V8 say that memory ran out. */
const memory =
  /std::bad_alloc|bad allocation|Failed to allocate memory|out of memory|Array buffer allocation failed|Cannot allocate memory|Allocation failed/i;

const lastWordsLimit = 1_500;

/** The end of what a process wrote, without terminal colors, at most 1,500 characters. */
export const lastWords = (text: string): string => {
  const plain = text
    .replaceAll(/\p{Cc}\[[0-9;]*[A-Za-z]/gu, '')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .trim();
  return plain.length > lastWordsLimit ? `…${plain.slice(-lastWordsLimit)}` : plain;
};

/** Types that the runtime's Node binding cannot exchange, by their number in onnx.proto's TensorProto.DataType. */
const untransportable: Readonly<Record<string, string>> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

/** A refusal that the runtime answered with: `runtime/memory` when it says so, else the given code.
 *  `what` says which model and step it was about. */
export const refused = (code: 'runtime/load' | 'runtime/run', what: string, message: string): SteelyardError => {
  const words = lastWords(message);
  if (memory.test(words))
    return new SteelyardError(
      'runtime/memory',
      `${what}: out of memory: ${words}`,
      'use a smaller batch or a smaller model',
    );
  const dtype = untransportable[/Unsupported data type: (\d+)/.exec(words)?.[1] ?? ''];
  if (dtype !== undefined)
    return new SteelyardError(
      code,
      `${what}: an input or output of the model has type ${dtype}, which ONNX Runtime for Node.js cannot exchange`,
      'put a Cast to a common type at the edge of the model',
    );
  return new SteelyardError(code, `${what}: ${words}`);
};

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** The kernel's out-of-memory killer acted on this group of processes meanwhile. */
  readonly oomKilled: boolean;
}

/** A process that ended by itself: `runtime/memory` when memory was the reason, else `runtime/crashed` with its last words. */
export const ended = (what: string, exit: Exit): SteelyardError => {
  const words = lastWords(exit.stderr);
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  const said = words === '' ? '; it left no message' : `; its last words: ${words}`;
  if (exit.oomKilled || memory.test(words))
    return new SteelyardError(
      'runtime/memory',
      `${what}: out of memory (${how})${said}`,
      'use a smaller batch or a smaller model',
    );
  return new SteelyardError(
    'runtime/crashed',
    `${what}: the process ended with ${how}${said}`,
    exit.signal === 'SIGKILL' ? 'something outside killed it; the system does so when memory runs out' : undefined,
  );
};
