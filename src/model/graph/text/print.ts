import { createHash } from 'node:crypto';
import { SteelyardError } from '../../../contracts/index.ts';
import type { Attribute, Dim, Graph, Model, Node, Tensor, ValueInfo, ValueType } from '../../../contracts/index.ts';
import { elementCount, readTensorSync, unpack, viewOf } from '../../tensor/index.ts';
import { defaults, maximumNesting } from './grammar.ts';
import { impliedInputs, impliedOutputs } from './implied.ts';
import { quote } from './tokens.ts';

export interface PrintOptions {
  /** Between statements. Default: a line end. */
  readonly separator?: string;
  /** Weights with more elements are shown as `{... "size"}`. Default 16. */
  readonly maximumElements?: number;
  /** Also show the SHA-256 of hidden weights up to 64 MiB, which reads them. Default false. */
  readonly digests?: boolean;
  /** Show node names. Default true. */
  readonly nodeNames?: boolean;
}

type Style = Required<PrintOptions>;

const digestLimit = 64 * 1024 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

const dimText = (dim: Dim): string => (dim === null ? '?' : typeof dim === 'number' ? String(dim) : quote(dim));
const shapeText = (dims: readonly Dim[]): string => `[${dims.map(dimText).join(', ')}]`;

/** A value's type as the text form writes it: `float32[2, N]`, `seq(int64[])`, `?`. */
export const typeText = (type: ValueType | null): string => {
  if (type === null) return '?';
  switch (type.kind) {
    case 'tensor':
      return type.dtype + (type.dims ? shapeText(type.dims) : '');
    case 'sparse':
      return `sparse(${type.dtype}${type.dims ? shapeText(type.dims) : ''})`;
    case 'sequence':
      return `seq(${typeText(type.element)})`;
    case 'optional':
      return `optional(${typeText(type.element)})`;
    case 'map':
      return `map(${type.key}, ${typeText(type.value)})`;
    case 'other':
      return '?';
  }
};

/** The shortest decimal that reads back as the same float32, marked as a float. */
const floatText = (value: number): string => {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  let text = String(value);
  if (Math.fround(value) === value)
    for (let digits = 1; digits <= 9; digits++) {
      const short = value.toPrecision(digits);
      if (Math.fround(Number(short)) !== value) continue;
      text = String(Number(short));
      break;
    }
  return /[.e]/.test(text) ? text : `${text}.0`;
};

const stringText = (bytes: Uint8Array): string => {
  try {
    return JSON.stringify(utf8.decode(bytes));
  } catch {
    return `text ${JSON.stringify(base64(bytes))}`;
  }
};

const valuesText = (tensor: Tensor): string => {
  if (tensor.data.kind === 'strings') return tensor.data.values.map(stringText).join(', ');
  const count = elementCount(tensor.dims);
  const bytes = readTensorSync(tensor);
  switch (tensor.dtype) {
    case 'float32':
    case 'float64':
      return Array.from(viewOf(tensor.dtype, bytes) as Float32Array, (one) =>
        tensor.dtype === 'float64' ? doubleText(one) : floatText(one),
      ).join(', ');
    case 'int4':
    case 'uint4':
    case 'int2':
    case 'uint2':
      return Array.from(unpack(tensor.dtype, bytes, count)).join(', ');
    case 'int8':
    case 'uint8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
    case 'bool':
      return Array.from(viewOf(tensor.dtype, bytes) as ArrayLike<number | bigint>, String).join(', ');
    default:
      return `blob ${JSON.stringify(base64(bytes.subarray(0, tensor.data.kind === 'inline' ? tensor.data.bytes.length : bytes.length)))}`;
  }
};

const doubleText = (value: number): string =>
  Number.isFinite(value) && !Object.is(value, -0) && /^-?\d+$/.test(String(value))
    ? `${value}.0`
    : Object.is(value, -0)
      ? '-0.0'
      : floatOrWord(value);
const floatOrWord = (value: number): string =>
  Number.isNaN(value) ? 'nan' : Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';

const sizeOf = (tensor: Tensor): number =>
  tensor.data.kind === 'inline' ? tensor.data.bytes.length : tensor.data.kind === 'file' ? tensor.data.length : 0;

const tensorText = (tensor: Tensor, style: Style): string => {
  const head = `${tensor.dtype}${shapeText(tensor.dims)}`;
  if (elementCount(tensor.dims) <= style.maximumElements) return `${head} {${valuesText(tensor)}}`;
  const size = sizeOf(tensor);
  const facts = [`${size} bytes`];
  if (style.digests && size <= digestLimit && tensor.data.kind !== 'strings')
    facts.push(`sha256 ${createHash('sha256').update(readTensorSync(tensor)).digest('hex')}`);
  return `${head} {... ${JSON.stringify(facts.join(', '))}}`;
};

const attributeText = (attribute: Attribute, style: Style, depth: number): string => {
  const list = (word: string, items: readonly string[]): string =>
    items.length === 0 && word !== '' ? `${word} []` : `[${items.join(', ')}]`;
  switch (attribute.kind) {
    case 'int':
      return attribute.value.toString();
    case 'float':
      return floatText(attribute.value);
    case 'string':
      return stringText(attribute.value);
    case 'tensor':
      return tensorText(attribute.value, style);
    case 'graph':
      return bodyText(attribute.value, style, depth);
    case 'ints':
      return list('', attribute.value.map(String));
    case 'floats':
      return list('floats', attribute.value.map(floatText));
    case 'strings':
      return list('strings', attribute.value.map(stringText));
    case 'tensors':
      return list(
        'tensors',
        attribute.value.map((one) => tensorText(one, style)),
      );
    case 'graphs':
      return list(
        'bodies',
        attribute.value.map((one) => bodyText(one, style, depth)),
      );
    case 'ref':
      return `@${quote(attribute.value)}`;
    case 'other':
      return `blob ${JSON.stringify(base64(attribute.value))}`;
  }
};

const bodyText = (body: Graph, style: Style, depth: number): string =>
  `graph ${JSON.stringify(body.name)} { ${statements(body, style, depth + 1, false).join('; ')} }`;

const nodeText = (node: Node, style: Style, depth: number): string => {
  const names = (list: readonly string[]): string => list.map((name) => (name === '' ? '_' : quote(name))).join(', ');
  const op = quote(node.domain === '' ? node.op : `${node.domain}.${node.op}`);
  const attributes = Object.entries(node.attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${quote(name)}: ${attributeText(value, style, depth)}`);
  return [
    node.outputs.length > 0 ? `${names(node.outputs)} = ` : '',
    `${op}(${names(node.inputs)})`,
    attributes.length > 0 ? ` {${attributes.join(', ')}}` : '',
    style.nodeNames && node.name !== '' ? ` as ${JSON.stringify(node.name)}` : '',
  ].join('');
};

const sameInfo = (a: readonly ValueInfo[], b: readonly ValueInfo[]): boolean =>
  a.length === b.length && a.every((one, i) => one.name === b[i]?.name && typeText(one.type) === typeText(b[i].type));

const statements = (graph: Graph, style: Style, depth: number, top: boolean): readonly string[] => {
  if (depth > maximumNesting)
    throw new SteelyardError('model/too-deep', `the graph nests bodies more than ${maximumNesting} deep`);
  const implied = top ? impliedInputs(graph.nodes, new Set(graph.initializers.keys()), []) : [];
  const lines: string[] = [];
  if (!sameInfo(graph.inputs, implied))
    for (const input of graph.inputs) lines.push(`${quote(input.name)}: ${typeText(input.type)}`);
  for (const [name, tensor] of graph.initializers) lines.push(`${quote(name)} = ${tensorText(tensor, style)}`);
  for (const node of graph.nodes) lines.push(nodeText(node, style, depth));
  if (!sameInfo(graph.outputs, impliedOutputs(graph)))
    lines.push(
      `-> ${graph.outputs.map(({ name, type }) => quote(name) + (type ? `: ${typeText(type)}` : '')).join(', ')}`,
    );
  return lines;
};

const header = (model: Model): readonly string[] => {
  const lines: string[] = [];
  if (model.irVersion !== defaults.ir) lines.push(`ir ${model.irVersion}`);
  const microsoft = usesDomain(model.graph, 'com.microsoft');
  for (const [domain, version] of [...model.opsets].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (domain === '' && version === defaults.opset) continue;
    if (domain === 'com.microsoft' && version === defaults.microsoft && microsoft) continue;
    lines.push(domain === '' ? `opset ${version}` : `opset ${quote(domain)} ${version}`);
  }
  if (!model.opsets.has('')) lines.push('opset 0');
  if (model.graph.name !== defaults.graph) lines.push(`graph ${JSON.stringify(model.graph.name)}`);
  return lines;
};

/** Whether a node of the main graph is of this domain. */
export const usesDomain = (graph: Pick<Graph, 'nodes'>, domain: string): boolean =>
  graph.nodes.some((node) => node.domain === domain);

/** A model's main graph as text: see `grammar.ts`. Reads only weights that it shows. Attributes in alphabetic order.
 *  Errors: `model/too-deep`; `model/data` when a small weight cannot be read. */
export const printText = (model: Model, options: PrintOptions = {}): string => {
  const style: Style = { separator: '\n', maximumElements: 16, digests: false, nodeNames: true, ...options };
  return [...header(model), ...statements(model.graph, style, 0, true)].join(style.separator);
};

/** The whole on one line, without node names: for assertions in tests. */
export const printLine = (model: Model): string => printText(model, { separator: '; ', nodeNames: false });

/** One node as text, without its name. */
export const printNode = (node: Node): string =>
  nodeText(node, { separator: '; ', maximumElements: 16, digests: false, nodeNames: false }, 0);
