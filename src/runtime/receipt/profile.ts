import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One node of the running graph: how often its kernel ran and how long that took. */
export interface KernelEvent {
  /** As the runtime writes it: the node's name, or "Operator_index" for a node without one. */
  readonly name: string;
  readonly op: string;
  /** The runtime's own number of the node; -1 when it does not say. */
  readonly index: number;
  readonly calls: number;
  readonly micros: number;
  /** Type and dimensions of the first input at the first call, as the runtime names them ("float", "uint8"); null when it has none. */
  readonly firstInput: { readonly dtype: string; readonly dims: readonly number[] } | null;
}

export interface Profile {
  /** In the order in which the nodes first ran. */
  readonly events: readonly KernelEvent[];
  /** Runs in the file, without the skipped ones. */
  readonly runs: number;
  /** Lines that could not be understood. */
  readonly unread: number;
}

const limits = { nodes: 200_000, lines: 4_000_000, eventChars: 1 << 20, name: 4096 } as const;

const opening = '{"cat" :';
const closing = '_kernel_time","args" : {';

const numberIn = (text: string, pattern: RegExp): number | null => {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found);
};

/** The event in a piece of the file. Names are written without escapes, so a piece is no JSON that can be relied on: the fields before
 *  and after the name are looked for where the runtime puts them. */
const eventOf = (piece: string): KernelEvent | null => {
  const cut = piece.lastIndexOf(closing);
  const start = piece.indexOf('"name" :"');
  if (cut < 0 || start < 0 || start + 9 > cut) return null;
  const micros = numberIn(piece.slice(0, start), /"dur" :(\d{1,15}),/);
  const details = piece.slice(cut + closing.length);
  const op = /"op_name" : "([\w.]{1,200})"/.exec(details)?.[1];
  if (micros === null || op === undefined) return null;
  const input = /"input_type_shape" : \[\{"(\w{1,40})":\[([\d,]{0,400})\]/.exec(details);
  return {
    name: piece.slice(start + 9, Math.min(cut, start + 9 + limits.name)),
    op,
    index: numberIn(details, /"node_index" : "(\d{1,12})"/) ?? -1,
    calls: 1,
    micros,
    firstInput:
      input === null
        ? null
        : { dtype: input[1]!, dims: input[2] === '' ? [] : input[2]!.split(',').map((dim) => Number(dim)) },
  };
};

/** Sum up a profile file of ONNX Runtime by node. `skipRuns` whole runs at the start are left out: the first one pays for warming up.
 *  Units: microseconds. Reads line by line and keeps one entry a node; a file of any length or content ends.
 *  Errors: those of reading the file. Source: onnxruntime/core/common/profiler.cc (Chrome trace events). */
export const readProfile = async (path: string, skipRuns: number): Promise<Profile> => {
  const byNode = new Map<string, { -readonly [K in keyof KernelEvent]: KernelEvent[K] }>();
  let runs = 0;
  let unread = 0;
  let piece = '';
  let lines = 0;
  /** Node events come before the event of the run that they belong to. */
  let pending: KernelEvent[] = [];
  const take = (text: string): void => {
    if (text === '') return;
    if (text.startsWith(`${opening} "Node"`) && text.includes(closing)) {
      const event = eventOf(text);
      if (event === null) unread++;
      else pending.push(event);
      return;
    }
    if (!/^\{"cat" : "Session".*"name" :"model_run"/.test(text)) return;
    runs++;
    if (runs > skipRuns)
      for (const event of pending) {
        const key = JSON.stringify([event.index, event.op, event.name]);
        const known = byNode.get(key);
        if (known === undefined) {
          if (byNode.size < limits.nodes) byNode.set(key, { ...event });
          else unread++;
        } else {
          known.calls++;
          known.micros += event.micros;
        }
      }
    pending = [];
  };
  const input = createReadStream(path, { encoding: 'utf8' });
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (++lines > limits.lines) break;
      if (line.startsWith(opening)) {
        take(piece);
        piece = line;
      } else if (piece.length + line.length < limits.eventChars) piece += `\n${line}`;
      else unread++;
    }
    take(piece);
  } finally {
    input.destroy();
  }
  return { events: [...byNode.values()], runs: Math.max(0, runs - skipRuns), unread };
};
