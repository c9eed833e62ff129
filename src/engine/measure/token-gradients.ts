import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import {
  SteelyardError,
  isSteelyardError,
  type Context,
  type Example,
  type Feeds,
  type Model,
  type Node,
  type Refusal,
  type Session,
  type Task,
  type Tensor,
  type TokenGradient,
  type WordGradients,
} from '../../contracts/index.ts';
import { convertOpset, intOf, parseText } from '../../model/graph/index.ts';
import {
  classifierObjective,
  decompose,
  differentiate,
  emitter,
  extend,
  labelsInput,
  liftConstants,
} from '../../optimize/training/index.ts';

const tokensInput = 'input_ids';
const rowsPerBatch = 32;
const oldest = 13;
const raiseTo = 17;

const refuse = (reason: string): Refusal => ({ reason, nodes: [] });
const isRefusal = (one: object): one is Refusal => 'reason' in one;

/** Dropout passes everything on, also where an export left it in training mode: ONNX Runtime takes it out of a model that only answers,
 *  and the gradient is of that model. */
const withoutDropout = (model: Model): Model => {
  const nodes = model.graph.nodes.map((node) =>
    node.op === 'Dropout' && node.domain === '' && (node.outputs[1] ?? '') === ''
      ? { ...node, op: 'Identity', inputs: [node.inputs[0]!], outputs: [node.outputs[0]!], attributes: {} }
      : node,
  );
  return { ...model, graph: { ...model.graph, nodes } };
};

/** Through casts and the like to the graph's input. */
const passing = new Set(['Cast', 'Identity', 'Reshape', 'Unsqueeze', 'Squeeze', 'Flatten']);
const sourceOf = (name: string, makers: ReadonlyMap<string, Node>): string => {
  const maker = makers.get(name);
  return maker !== undefined && passing.has(maker.op) ? sourceOf(maker.inputs[0] ?? '', makers) : name;
};

export interface EmbeddingGradient {
  /** The same inputs and labels; its one output is the gradient by the embeddings, [batch, tokens, width], of the mean loss. */
  readonly model: Model;
  readonly output: string;
  /** Name of the table of embeddings, [vocabulary, width] float32. */
  readonly table: string;
}

/** The model as a graph that answers ∂ mean cross-entropy / ∂ word embedding: the embeddings are what its Gather by token ids takes out of
 *  the table. Where the scores are probabilities, the loss is that of what went into the last Softmax.
 *  A model without such a table in float32, or with an operator that has no gradient, is a refusal. */
export const embeddingGradient = (original: Model, output: string, classes: number): EmbeddingGradient | Refusal => {
  let model = original;
  if ((model.opsets.get('') ?? 1) < oldest) {
    const raised = convertOpset(model, raiseTo);
    if (raised.refusal !== null) return raised.refusal;
    model = raised.model;
  }
  try {
    model = decompose(withoutDropout(liftConstants(model)));
    const makers = new Map(model.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
    const lookups = model.graph.nodes.filter(
      (node) =>
        node.op === 'Gather' &&
        intOf(node, 'axis', 0) === 0 &&
        model.graph.initializers.get(node.inputs[0] ?? '')?.dims.length === 2 &&
        sourceOf(node.inputs[1] ?? '', makers) === tokensInput,
    );
    const lookup = lookups[0];
    if (lookup === undefined) return refuse(`no table of word embeddings is read by "${tokensInput}"`);
    if (lookups.length > 1) return refuse(`${lookups.length} tables are read by "${tokensInput}"`);
    const table = lookup.inputs[0]!;
    const { dtype } = model.graph.initializers.get(table)!;
    if (dtype !== 'float32') return refuse(`the table of word embeddings is ${dtype}, not float32`);
    const last = makers.get(output);
    const logits = last?.op === 'Softmax' ? last.inputs[0]! : output;
    // The logits become the output that the loss reads.
    const scored: Model =
      logits === output
        ? model
        : { ...model, graph: { ...model.graph, outputs: [{ name: logits, type: model.graph.outputs[0]!.type }] } };
    const objective = classifierObjective(scored, logits, classes, 0);
    const to = emitter(objective);
    const wanted = lookup.outputs[0]!;
    const gradient = differentiate(objective, objective.graph.outputs[0]!.name, [wanted], to).get(wanted);
    if (gradient === undefined) return refuse('the scores do not depend on the word embeddings');
    const whole = extend(objective, to);
    const type = { kind: 'tensor', dtype: 'float32', dims: null } as const;
    return {
      model: { ...whole, graph: { ...whole.graph, outputs: [{ name: gradient, type }] } },
      output: gradient,
      table,
    };
  } catch (error) {
    if (isSteelyardError(error) && error.code.startsWith('training/')) return refuse(error.message);
    throw error;
  }
};

/** The labels' indices. Errors: `task/labels`. */
const labelsOf = (task: Task, examples: readonly Example[]): BigInt64Array =>
  BigInt64Array.from(examples, ({ id, label }) => {
    const index = task.labels.indexOf(label ?? '');
    if (index < 0) throw new SteelyardError('task/labels', `example ${id} has no label that the model knows`);
    return BigInt(index);
  });

/** Where a row's tokens begin in its padded feed. */
const offsetOf = (feeds: Feeds, row: number, tokens: readonly number[]): number => {
  const { dims, data } = feeds[tokensInput]!;
  const width = dims[1]!;
  const numbers = data as ArrayLike<number | bigint>;
  return tokens.every((token, at) => Number(numbers[row * width + at]) === token) ? 0 : width - tokens.length;
};

const fixedBatchOf = ({ inputs }: Session): number | null => {
  const type = inputs.find(({ name }) => name === tokensInput)?.type;
  const first = type?.kind === 'tensor' ? type.dims?.[0] : null;
  return typeof first === 'number' && first > 0 ? first : null;
};

/** The gradients of some examples that may share a call. */
const batchGradients = async (
  session: Session,
  task: Task,
  examples: readonly Example[],
  output: string,
  width: number,
): Promise<readonly TokenGradient[]> => {
  const fixed = fixedBatchOf(session);
  const filled =
    fixed === null ? examples : Array.from({ length: fixed }, (_, at) => examples[Math.min(at, examples.length - 1)]!);
  const { feeds } = task.encode(filled);
  const count = filled.length;
  const labels = { dtype: 'int64', dims: [count], data: labelsOf(task, filled) } as const;
  const { outputs } = await session.run({ ...feeds, [labelsInput]: labels });
  const all = outputs[output]!.data as Float32Array;
  const length = feeds[tokensInput]!.dims[1]!;
  if (all.length !== count * length * width)
    throw new SteelyardError('task/output', `${all.length} gradients for ${count} × ${length} × ${width} embeddings`);
  return examples.map((example, row) => {
    const tokens = task.text!.tokens(example);
    const from = (row * length + offsetOf(feeds, row, tokens)) * width;
    // The loss is a mean over the batch: times the batch it is each example's own.
    return { tokens, gradient: all.slice(from, from + tokens.length * width).map((one) => one * count) };
  });
};

/** vectors · tableᵀ as a graph of its own. */
const productsModel = (table: Tensor, width: number): Model => {
  const { graph, ...rest } = parseText(
    `vectors: float32[N, ${width}]; products = Gemm(vectors, table) {transB: 1}; -> products: float32[N, ${table.dims[0]}]`,
  );
  return { ...rest, graph: { ...graph, initializers: new Map([...graph.initializers, ['table', table]]) } };
};

const letters = /^[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*$/u;

/** The words that tokens are, from the tokenizer's files. Errors: `task/tokenizer`. */
const wordsOf = async (paths: TokenizerFiles, { text }: Task): Promise<(token: number) => string | null> => {
  try {
    const json = JSON.parse(await readFile(paths.tokenizerPath!, 'utf8')) as object;
    const config =
      paths.tokenizerConfigPath === null
        ? {}
        : (JSON.parse(await readFile(paths.tokenizerConfigPath, 'utf8')) as object);
    const tokenizer = new Tokenizer(json, config);
    return (token) => {
      if (text === undefined || text.special.has(token) || !text.startsWord(token)) return null;
      const word = tokenizer.decode([token], { skip_special_tokens: false }).trim();
      return letters.test(word) ? word : null;
    };
  } catch (cause) {
    throw new SteelyardError(
      'task/tokenizer',
      `cannot read ${paths.tokenizerPath}: ${(cause as Error).message}`,
      'save the tokenizer again',
      { cause },
    );
  }
};

/** Where a model's tokenizer lies; a ModelFolder fits. */
export interface TokenizerFiles {
  readonly tokenizerPath: string | null;
  readonly tokenizerConfigPath: string | null;
}

/** Gradients of a float32 text classifier by its word embeddings, from one backward pass per batch, computed by ONNX Runtime.
 *  Errors: `task/tokenizer`, `runtime/…`; a model that has none is a refusal. */
export const tokenGradients =
  (model: Model, files: TokenizerFiles, task: Task, context: Context) => async (): Promise<WordGradients | Refusal> => {
    if (task.text === undefined || task.output === undefined || files.tokenizerPath === null)
      return refuse('the model reads no text');
    const made = embeddingGradient(model, task.output, task.labels.length);
    if (isRefusal(made)) return made;
    const tensor = made.model.graph.initializers.get(made.table)!;
    const [rows, width] = tensor.dims as readonly [number, number];
    const bytes = await context.bytes(tensor);
    const table = new Float32Array(bytes.buffer, bytes.byteOffset, rows * width);
    const word = await wordsOf(files, task);
    const session = await context.open(made.model);
    let other: Promise<Session> | null = null;
    return {
      width,
      table,
      word,
      async products(vectors) {
        other ??= context.open(productsModel(tensor, width));
        const dims = [vectors.length / width, width];
        const { outputs } = await (await other).run({ vectors: { dtype: 'float32', dims, data: vectors } });
        return outputs['products']!.data as Float32Array;
      },
      async gradients(examples) {
        const buckets = new Map<string, number[]>();
        for (const [row, example] of examples.entries()) {
          const key = task.bucket?.(example) ?? String(row);
          buckets.set(key, [...(buckets.get(key) ?? []), row]);
        }
        const found: TokenGradient[] = Array.from({ length: examples.length });
        const most = fixedBatchOf(session) ?? rowsPerBatch;
        for (const same of buckets.values())
          for (let from = 0; from < same.length; from += most) {
            context.signal.throwIfAborted();
            const some = same.slice(from, from + most);
            const batch = some.map((row) => examples[row]!);
            for (const [at, one] of (await batchGradients(session, task, batch, made.output, width)).entries())
              found[some[at]!] = one;
          }
        return found;
      },
      close: async () => {
        await session.close();
        await (await other)?.close();
      },
    };
  };
