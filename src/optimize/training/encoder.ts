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
import { emitterFor } from './emit.ts';

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
}

const check = (architecture: Architecture): void => {
  for (const [name, value] of Object.entries(architecture))
    if (!Number.isInteger(value) || value < 1)
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
  const { layers, width, ffn, vocabulary, positions, labels } = architecture;
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
  normal(`${embeddings}.word_embeddings.weight`, vocabulary, width);
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

/** The encoder as a graph in the pattern of a usual export: separate query, key and value, GELU by Erf, an additive mask, the first token pooled.
 *  Inputs: input_ids, attention_mask, token_type_ids, int64 [batch, sequence]. Output: logits float32 [batch, labels].
 *  Source: Vaswani et al. 2017; Devlin et al. 2019. */
export const encoderModel = (architecture: Architecture, weights: ReadonlyMap<string, Tensor>): Model => {
  check(architecture);
  const { layers, width, heads, labels } = architecture;
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'];
  const to = emitterFor([...inputs, ...weights.keys(), 'logits'], opset);
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
  const look = (table: string, ids: string): string =>
    op(`${at}.${table}`, 'Gather', [`${at}.${table}.weight`, ids], { axis: int(0) });
  const length = op(at, 'Gather', [op(at, 'Shape', ['input_ids']), to.scalar('int64', 1)], { axis: int(0) });
  const positions = op(at, 'Range', [at0, length, to.scalar('int64', 1)]);
  const typed = op(at, 'Add', [look('word_embeddings', 'input_ids'), look('token_type_embeddings', 'token_type_ids')]);
  let hidden = norm(op(at, 'Add', [typed, look('position_embeddings', positions)]), `${at}.LayerNorm`);
  const wide = op('bert', 'Unsqueeze', ['attention_mask', to.integers([1, 2])]);
  const absent = op('bert', 'Sub', [one(1), op('bert', 'Cast', [wide], { to: int(onnxNumberOf('float32')) })]);
  const mask = op('bert', 'Mul', [absent, one(-10000)]);
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
    const attention = op(self, 'Softmax', [op(self, 'Add', [scores, mask])], last);
    const mixed = op(self, 'Transpose', [op(self, 'MatMul', [attention, value])], { perm: ints([0, 2, 1, 3]) });
    const attended = linear(op(self, 'Reshape', [mixed, merge]), `${name}.attention.output.dense`);
    const output = `${name}.attention.output`;
    hidden = norm(op(output, 'Add', [attended, hidden]), `${output}.LayerNorm`);
    const middle = `${name}.intermediate`;
    const inner = linear(hidden, `${middle}.dense`);
    const bent = op(middle, 'Add', [op(middle, 'Erf', [op(middle, 'Div', [inner, one(Math.SQRT2)])]), one(1)]);
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
    outputs: ['logits'],
    attributes: { transB: int(1) },
  };
  return {
    irVersion: 8,
    producer: 'steelyard',
    graph: {
      name: 'encoder',
      inputs: inputs.map(tokens),
      outputs: [{ name: 'logits', type: { kind: 'tensor', dtype: 'float32', dims: ['batch', labels] } }],
      nodes: [...to.nodes, head],
      initializers: new Map([...to.initializers, ...weights]),
      values: new Map(),
    },
    opsets: new Map([['', opset]]),
    metadata: new Map(),
    functions: [],
  };
};
