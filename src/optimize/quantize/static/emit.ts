import type { Attribute, Node } from '../../../contracts/index.ts';
import { int, type Draft, type NodeInit } from '../../../model/graph/index.ts';
import type { Piece } from './plan.ts';

/** Initializers and value names of a value that is stored as codes. */
export interface Codes {
  /** The tensor of codes. */
  readonly codes: string;
  readonly scale: string;
  readonly zeroPoint: string;
  /** The float32 value behind its DequantizeLinear. */
  readonly float: string;
}

/** Initializers of a product's weight and bias. */
export interface Operands {
  readonly codes: string;
  readonly scale: string;
  readonly zeroPoint: string;
  /** Axis of the weight's channels. */
  readonly axis: number;
  /** int32 codes, and their scale; null without a bias. */
  readonly bias: { readonly codes: string; readonly scale: string } | null;
  /** A float32 value to add after the product, or null. */
  readonly looseBias: string | null;
}

export type Form = 'qdq' | 'qoperator';

const microsoft = 'com.microsoft';

/** QuantizeLinear. */
export const quantizeNode = (input: string, { codes, scale, zeroPoint }: Codes, label: string): NodeInit => ({
  op: 'QuantizeLinear',
  name: `${label}_quantize`,
  inputs: [input, scale, zeroPoint],
  outputs: [codes],
});

/** DequantizeLinear. */
export const dequantizeNode = ({ codes, scale, zeroPoint, float }: Codes, label: string): NodeInit => ({
  op: 'DequantizeLinear',
  name: `${label}_dequantize`,
  inputs: [codes, scale, zeroPoint],
  outputs: [float],
});

const keep = (node: Node, ...names: readonly string[]): Record<string, Attribute> =>
  Object.fromEntries(Object.entries(node.attributes).filter(([name]) => names.includes(name)));

/** A piece in terms of values: float32 operators between DequantizeLinear and QuantizeLinear, which runtimes fuse. */
const asPairs = (
  draft: Draft,
  piece: Piece,
  codesOf: (value: string) => Codes,
  operands: Operands | null,
  output: string,
  label: string,
): NodeInit[] => {
  const { node, kind } = piece;
  const inputs = piece.inputs.map((value) => codesOf(value).float);
  if (kind === 'same')
    return [{ ...node, name: label, inputs: [...inputs, ...node.inputs.slice(1)], outputs: [output] }];
  if (kind === 'pass') return [{ ...node, name: label, inputs, outputs: [output] }];
  if (operands === null) return [{ op: 'MatMul', name: label, inputs, outputs: [output] }];
  const weight = draft.fresh(`${label}_weight`);
  const nodes: NodeInit[] = [
    {
      op: 'DequantizeLinear',
      name: `${label}_weight_dequantize`,
      inputs: [operands.codes, operands.scale, operands.zeroPoint],
      outputs: [weight],
      attributes: { axis: int(operands.axis) },
    },
  ];
  inputs.push(weight);
  if (operands.bias !== null) {
    const bias = draft.fresh(`${label}_bias`);
    inputs.push(bias);
    nodes.push({
      op: 'DequantizeLinear',
      name: `${label}_bias_dequantize`,
      inputs: [operands.bias.codes, operands.bias.scale],
      outputs: [bias],
      attributes: { axis: int(0) },
    });
  }
  const product = operands.looseBias === null ? output : draft.fresh(`${label}_product`);
  const op = kind === 'conv' ? 'Conv' : kind === 'gemm' ? 'Gemm' : 'MatMul';
  nodes.push({ op, name: label, inputs, outputs: [product], attributes: kind === 'conv' ? node.attributes : {} });
  if (operands.looseBias !== null) nodes.push(looseAdd(product, operands.looseBias, output, label));
  return nodes;
};

const looseAdd = (product: string, bias: string, output: string, label: string): NodeInit => ({
  op: 'Add',
  name: `${label}_bias_add`,
  inputs: [product, bias],
  outputs: [output],
});

/** Integer kernels with a scale of their own, by what they replace: domain and attributes. */
const integerKernels: Readonly<Record<string, readonly string[]>> = {
  Add: [],
  Mul: [],
  Sigmoid: [],
  LeakyRelu: ['alpha'],
  Concat: ['axis'],
  GlobalAveragePool: [],
  AveragePool: ['auto_pad', 'ceil_mode', 'count_include_pad', 'kernel_shape', 'pads', 'strides'],
};

/** A piece as one operator on codes. `output` is codes where the piece is quantized, float32 otherwise. */
const asOperator = (
  draft: Draft,
  piece: Piece,
  codesOf: (value: string) => Codes,
  operands: Operands | null,
  output: string,
  label: string,
): NodeInit[] => {
  const { node, kind } = piece;
  const inputs = piece.inputs.map(codesOf);
  const triples = inputs.flatMap(({ codes, scale, zeroPoint }) => [codes, scale, zeroPoint]);
  const made = piece.quantized ? codesOf(piece.output) : null;
  const result = made === null ? [] : [made.scale, made.zeroPoint];
  if (kind === 'same')
    return [{ ...node, name: label, inputs: [inputs[0]!.codes, ...node.inputs.slice(1)], outputs: [output] }];
  if (kind === 'pass')
    return [
      {
        op: `QLinear${node.op}`,
        domain: microsoft,
        name: label,
        inputs: node.op === 'Concat' ? [...result, ...triples] : [...triples, ...result],
        outputs: [output],
        attributes: keep(node, ...(integerKernels[node.op] ?? [])),
      },
    ];
  const [first, second] = inputs;
  const right = operands ?? second!;
  if (kind === 'conv')
    return [
      {
        op: 'QLinearConv',
        name: label,
        inputs: [...triples, right.codes, right.scale, right.zeroPoint, ...result, ...biasCodes(operands)],
        outputs: [output],
        attributes: node.attributes,
      },
    ];
  const loose = operands?.looseBias ?? null;
  const product = loose === null ? output : draft.fresh(`${label}_product`);
  const nodes: NodeInit[] = [];
  if (kind === 'gemm') {
    const bias = operands?.bias?.codes ?? '';
    const ends = loose === null ? result : [];
    const tail = ends.length > 0 ? [bias, ...ends] : bias === '' ? [] : [bias];
    nodes.push({
      op: 'QGemm',
      domain: microsoft,
      name: label,
      inputs: [...triples, right.codes, right.scale, right.zeroPoint, ...tail],
      outputs: [product],
    });
  } else if (made !== null)
    nodes.push({
      op: 'QLinearMatMul',
      name: label,
      inputs: [first!.codes, first!.scale, first!.zeroPoint, right.codes, right.scale, right.zeroPoint, ...result],
      outputs: [product],
    });
  else
    nodes.push({
      op: 'MatMulIntegerToFloat',
      domain: microsoft,
      name: label,
      inputs: [first!.codes, right.codes, first!.scale, right.scale, first!.zeroPoint, right.zeroPoint],
      outputs: [product],
    });
  if (loose !== null) nodes.push(looseAdd(product, loose, output, label));
  return nodes;
};

const biasCodes = (operands: Operands | null): string[] =>
  operands === null || operands.bias === null ? [] : [operands.bias.codes];

/** The nodes that take a piece's place and make its output. */
export const emitPiece = (
  draft: Draft,
  form: Form,
  piece: Piece,
  codesOf: (value: string) => Codes,
  operands: Operands | null,
  label: string,
): NodeInit[] => {
  const loose = (operands?.looseBias ?? null) !== null;
  const write = form === 'qdq' ? asPairs : asOperator;
  if (!piece.quantized) return write(draft, piece, codesOf, operands, piece.output, label);
  const made = codesOf(piece.output);
  const end = dequantizeNode(made, `${label}_output`);
  if (form === 'qoperator' && !loose) return [...write(draft, piece, codesOf, operands, made.codes, label), end];
  const raw = draft.fresh(`${label}_result`);
  return [...write(draft, piece, codesOf, operands, raw, label), quantizeNode(raw, made, `${label}_output`), end];
};
