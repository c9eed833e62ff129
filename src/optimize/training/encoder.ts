import {
  SteelyardError,
  type Model,
  type Node,
  type Random,
  type Tensor,
  type ValueInfo,
} from '../../contracts/index.ts';
import { float, int, ints } from '../../model/graph/index.ts';
import { onnxNumberOf, tensor } from '../../model/tensor/index.ts';
import { emitterFor } from '../writing/emit.ts';

/** A BERT-style encoder with a classification head. */
export interface Architecture {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** Inner width of the feed-forward part. */
  readonly ffn: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly labels: number;
  /** Width of the word table where a projection brings it to `width` (factorized embeddings). Absent: the table has the full width.
   *  Source: Lan et al. 2020, §3.1. */
  readonly embedding?: number;
}

/** How an encoder is called: its inputs in their order, what they mean, and its output. */
export interface Signature {
  /** Integer tensors [batch, tokens]. */
  readonly inputs: readonly ValueInfo[];
  readonly ids: string;
  /** 1 at tokens, 0 at padding; null: no input says so. */
  readonly mask: string | null;
  /** Which text a token belongs to; null: the encoder has no such table. */
  readonly types: string | null;
  /** Position of each token; null: counted from `firstPosition`. */
  readonly positions: string | null;
  readonly firstPosition: number;
  /** Without a mask: the token that is padding, or null when nothing is. */
  readonly padToken: number | null;
  /** float32 [batch, labels]. */
  readonly output: ValueInfo;
}

const check = (architecture: Architecture): void => {
  for (const [name, value] of Object.entries(architecture))
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new SteelyardError(
        'training/architecture',
        `${name} is ${String(value)}, expected a whole number of at least 1`,
      );
  if (architecture.width % architecture.heads !== 0)
    throw new SteelyardError(
      'training/architecture',
      `width ${architecture.width} is not a multiple of ${architecture.heads} heads`,
    );
};

/** Fresh weights by their names in BertForSequenceClassification: normal with deviation 0.02, norms 1, biases 0.
 *  Shapes: products [in, out] (as the MatMul uses them), pooler and classifier [out, in] (Gemm with transB). Source: Devlin et al. 2019, appendix A.2. */
export const initialWeights = (architecture: Architecture, random: Random): Map<string, Tensor> => {
  check(architecture);
  const { layers, width, ffn, vocabulary, positions, labels, embedding } = architecture;
  const weights = new Map<string, Tensor>();
  const normal = (name: string, ...dims: number[]): void => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    weights.set(
      name,
      tensor(
        'float32',
        dims,
        Float32Array.from({ length: count }, () => random.normal() * 0.02),
      ),
    );
  };
  const constant = (name: string, size: number, value: number): void => {
    weights.set(name, tensor('float32', [size], new Float32Array(size).fill(value)));
  };
  const norm = (name: string): void => {
    constant(`${name}.weight`, width, 1);
    constant(`${name}.bias`, width, 0);
  };
  const linear = (name: string, from: number, to: number): void => {
    normal(`${name}.weight`, from, to);
    constant(`${name}.bias`, to, 0);
  };
  const embeddings = 'bert.embeddings';
  normal(`${embeddings}.word_embeddings.weight`, vocabulary, embedding ?? width);
  if (embedding !== undefined) normal(`${embeddings}.projection.weight`, embedding, width);
  normal(`${embeddings}.position_embeddings.weight`, positions, width);
  normal(`${embeddings}.token_type_embeddings.weight`, 2, width);
  norm(`${embeddings}.LayerNorm`);
  for (let layer = 0; layer < layers; layer++) {
    const at = `bert.encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value']) linear(`${at}.attention.self.${part}`, width, width);
    linear(`${at}.attention.output.dense`, width, width);
    norm(`${at}.attention.output.LayerNorm`);
    linear(`${at}.intermediate.dense`, width, ffn);
    linear(`${at}.output.dense`, ffn, width);
    norm(`${at}.output.LayerNorm`);
  }
  normal('bert.pooler.dense.weight', width, width);
  constant('bert.pooler.dense.bias', width, 0);
  normal('classifier.weight', labels, width);
  constant('classifier.bias', labels, 0);
  return weights;
};

const opset = 17;

const tokens = (name: string): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype: 'int64', dims: ['batch', 'sequence'] },
});

/** The signature of BertForSequenceClassification. */
export const bertSignature = (labels: number): Signature => ({
  inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map(tokens),
  ids: 'input_ids',
  mask: 'attention_mask',
  types: 'token_type_ids',
  positions: null,
  firstPosition: 0,
  padToken: null,
  output: { name: 'logits', type: { kind: 'tensor', dtype: 'float32', dims: ['batch', labels] } },
});

/** The encoder as a graph in the pattern of a usual export: separate query, key and value, GELU by Erf, an additive mask, the first token pooled.
 *  Inputs and output: those of the signature; without one input_ids, attention_mask, token_type_ids, int64 [batch, sequence], and
 *  logits float32 [batch, labels]. Source: Vaswani et al. 2017; Devlin et al. 2019. */
export const encoderModel = (
  architecture: Architecture,
  weights: ReadonlyMap<string, Tensor>,
  signature: Signature = bertSignature(architecture.labels),
): Model => {
  check(architecture);
  const { layers, width, heads } = architecture;
  const { ids, output: logits } = signature;
  const to = emitterFor([...signature.inputs.map(({ name }) => name), ...weights.keys(), logits.name], opset);
  const one = (value: number): string => to.scalar('float32', value);
  const at0 = to.scalar('int64', 0);
  /** A node named after the module it comes from, as exporters do. */
  const op = (scope: string, kind: string, args: readonly string[], attributes: Node['attributes'] = {}): string =>
    to.emit(kind, args, attributes, `/${scope.replaceAll('.', '/').replaceAll(/\/(?=\d)/g, '.')}/${kind}`);
  const last = { axis: int(-1) };
  const norm = (value: string, name: string): string =>
    op(name, 'LayerNormalization', [value, `${name}.weight`, `${name}.bias`], { ...last, epsilon: float(1e-12) });
  const linear = (value: string, name: string): string =>
    op(name, 'Add', [op(name, 'MatMul', [value, `${name}.weight`]), `${name}.bias`]);

  const at = 'bert.embeddings';
  const look = (table: string, rows: string): string =>
    op(`${at}.${table}`, 'Gather', [`${at}.${table}.weight`, rows], { axis: int(0) });
  const positionsOf = (): string => {
    if (signature.positions !== null) return signature.positions;
    const length = op(at, 'Gather', [op(at, 'Shape', [ids]), to.scalar('int64', 1)], { axis: int(0) });
    const { firstPosition } = signature;
    const start = to.scalar('int64', firstPosition);
    return op(at, 'Range', [
      start,
      firstPosition === 0 ? length : op(at, 'Add', [length, start]),
      to.scalar('int64', 1),
    ]);
  };
  const positions = positionsOf();
  const found = look('word_embeddings', ids);
  const word =
    architecture.embedding === undefined ? found : op(`${at}.projection`, 'MatMul', [found, `${at}.projection.weight`]);
  const typed = signature.types === null ? word : op(at, 'Add', [word, look('token_type_embeddings', signature.types)]);
  let hidden = norm(op(at, 'Add', [typed, look('position_embeddings', positions)]), `${at}.LayerNorm`);
  const maskOf = (): string | null => {
    if (signature.mask !== null) return signature.mask;
    if (signature.padToken === null) return null;
    const type = signature.inputs.find(({ name }) => name === ids)?.type;
    const pad = to.scalar(type?.kind === 'tensor' ? type.dtype : 'int64', signature.padToken);
    return op('bert', 'Not', [op('bert', 'Equal', [ids, pad])]);
  };
  const present = maskOf();
  const hiding = (): string | null => {
    if (present === null) return null;
    const wide = op('bert', 'Unsqueeze', [present, to.integers([1, 2])]);
    const absent = op('bert', 'Sub', [one(1), op('bert', 'Cast', [wide], { to: int(onnxNumberOf('float32')) })]);
    return op('bert', 'Mul', [absent, one(-10000)]);
  };
  const mask = hiding();
  const size = width / heads;
  const split = to.integers([0, 0, heads, size]);
  const merge = to.integers([0, 0, width]);
  for (let layer = 0; layer < layers; layer++) {
    const name = `bert.encoder.layer.${layer}`;
    const self = `${name}.attention.self`;
    const part = (which: string, order: readonly number[]): string => {
      const parted = op(`${self}`, 'Reshape', [linear(hidden, `${self}.${which}`), split]);
      return op(self, 'Transpose', [parted], { perm: ints(order) });
    };
    const query = part('query', [0, 2, 1, 3]);
    const key = part('key', [0, 2, 3, 1]);
    const value = part('value', [0, 2, 1, 3]);
    const scores = op(self, 'Div', [op(self, 'MatMul', [query, key]), one(Math.sqrt(size))]);
    const seen = mask === null ? scores : op(self, 'Add', [scores, mask]);
    const attention = op(self, 'Softmax', [seen], last);
    const mixed = op(self, 'Transpose', [op(self, 'MatMul', [attention, value])], { perm: ints([0, 2, 1, 3]) });
    const attended = linear(op(self, 'Reshape', [mixed, merge]), `${name}.attention.output.dense`);
    const output = `${name}.attention.output`;
    hidden = norm(op(output, 'Add', [attended, hidden]), `${output}.LayerNorm`);
    const middle = `${name}.intermediate`;
    const inner = linear(hidden, `${middle}.dense`);
    const bent = op(middle, 'Add', [op(middle, 'Erf', [op(middle, 'Mul', [inner, one(Math.SQRT1_2)])]), one(1)]);
    const active = op(middle, 'Mul', [op(middle, 'Mul', [inner, bent]), one(0.5)]);
    const sum = op(`${name}.output`, 'Add', [linear(active, `${name}.output.dense`), hidden]);
    hidden = norm(sum, `${name}.output.LayerNorm`);
  }
  const pooler = 'bert.pooler';
  const first = op(pooler, 'Gather', [hidden, at0], { axis: int(1) });
  const dense = ['bert.pooler.dense.weight', 'bert.pooler.dense.bias'];
  const pooled = op(pooler, 'Tanh', [op(`${pooler}.dense`, 'Gemm', [first, ...dense], { transB: int(1) })]);
  const head: Node = {
    name: '/classifier/Gemm',
    op: 'Gemm',
    domain: '',
    inputs: [pooled, 'classifier.weight', 'classifier.bias'],
    outputs: [logits.name],
    attributes: { transB: int(1) },
  };
  return {
    irVersion: 8,
    producer: 'steelyard',
    graph: {
      name: 'encoder',
      inputs: signature.inputs,
      outputs: [logits],
      nodes: [...to.nodes, head],
      initializers: new Map([...to.initializers, ...weights]),
      values: new Map(),
    },
    opsets: new Map([['', opset]]),
    metadata: new Map(),
    functions: [],
  };
};
