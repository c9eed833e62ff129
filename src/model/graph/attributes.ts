import { SteelyardError } from '../../contracts/index.ts';
import type { Attribute, Graph, Node, Tensor } from '../../contracts/index.ts';

const utf8 = new TextDecoder('utf-8');
const toUtf8 = new TextEncoder();

const wrong = (node: Node, name: string, expected: string, got: string): never => {
  throw new SteelyardError(
    'model/attribute',
    `${describe(node)}: attribute "${name}" is ${got}, expected ${expected}`,
    'the model file is damaged or uses a different operator version than it declares',
  );
};

/** How messages name a node: its name, or its operator and first output when unnamed. */
export const describe = (node: Node): string =>
  node.name === '' ? `${node.op} → ${node.outputs[0] ?? '(no output)'}` : node.name;

/** A node's name for `Change.nodes` and `Refusal.nodes`: the name, or the first output when unnamed. */
export const labelOf = (node: Node): string =>
  node.name !== '' ? node.name : (node.outputs.find((name) => name !== '') ?? node.op);

/** An int attribute as a number, or `fallback` when absent.
 *  Errors: `model/attribute` when it has another kind or is beyond ±2^53 (the ends of int64 clamp to ±2^53 − 1). */
export const intOf = <T extends number | null>(node: Node, name: string, fallback: T): number | T => {
  const attribute = node.attributes[name];
  if (attribute === undefined) return fallback;
  if (attribute.kind !== 'int') return wrong(node, name, 'an integer', attribute.kind);
  return clampInt(attribute.value);
};

/** An ints attribute as numbers, or `fallback` when absent. Errors: `model/attribute` as for `intOf`. */
export const intsOf = <T extends readonly number[] | null>(
  node: Node,
  name: string,
  fallback: T,
): readonly number[] | T => {
  const attribute = node.attributes[name];
  if (attribute === undefined) return fallback;
  if (attribute.kind !== 'ints') return wrong(node, name, 'a list of integers', attribute.kind);
  return attribute.value.map(clampInt);
};

/** A float attribute, or `fallback` when absent. Errors: `model/attribute` when it has another kind. */
export const floatOf = <T extends number | null>(node: Node, name: string, fallback: T): number | T => {
  const attribute = node.attributes[name];
  if (attribute === undefined) return fallback;
  return attribute.kind === 'float' ? attribute.value : wrong(node, name, 'a float', attribute.kind);
};

/** A floats attribute, or `fallback` when absent. Errors: `model/attribute` when it has another kind. */
export const floatsOf = <T extends readonly number[] | null>(
  node: Node,
  name: string,
  fallback: T,
): readonly number[] | T => {
  const attribute = node.attributes[name];
  if (attribute === undefined) return fallback;
  return attribute.kind === 'floats' ? attribute.value : wrong(node, name, 'a list of floats', attribute.kind);
};

/** A string attribute decoded as UTF-8, or `fallback` when absent. Errors: `model/attribute` when it has another kind. */
export const stringOf = <T extends string | null>(node: Node, name: string, fallback: T): string | T => {
  const attribute = node.attributes[name];
  if (attribute === undefined) return fallback;
  return attribute.kind === 'string' ? utf8.decode(attribute.value) : wrong(node, name, 'a string', attribute.kind);
};

/** A tensor attribute, or null when absent. Errors: `model/attribute` when it has another kind. */
export const tensorOf = (node: Node, name: string): Tensor | null => {
  const attribute = node.attributes[name];
  if (attribute === undefined) return null;
  return attribute.kind === 'tensor' ? attribute.value : wrong(node, name, 'a tensor', attribute.kind);
};

/** The bodies of a control-flow node (If, Loop, Scan, …), by attribute name. */
export const subgraphsOf = (node: Node): readonly { readonly attribute: string; readonly graph: Graph }[] => {
  const found: { attribute: string; graph: Graph }[] = [];
  for (const [attribute, value] of Object.entries(node.attributes)) {
    if (value.kind === 'graph') found.push({ attribute, graph: value.value });
    else if (value.kind === 'graphs') for (const graph of value.value) found.push({ attribute, graph });
  }
  return found;
};

/** Whether a node has at least one body. */
export const hasSubgraph = (node: Node): boolean => {
  for (const name in node.attributes) {
    const kind = node.attributes[name]?.kind;
    if (kind === 'graph' || kind === 'graphs') return true;
  }
  return false;
};

const safe = BigInt(Number.MAX_SAFE_INTEGER);
/** int64 → number; values beyond ±(2^53 − 1), such as Slice's "to the end", clamp. */
export const clampInt = (value: bigint): number => Number(value > safe ? safe : value < -safe ? -safe : value);

/** Make attributes. `int` and `ints` take integers; others are checked by the encoder. */
export const int = (value: number | bigint): Attribute => ({ kind: 'int', value: BigInt(value) });
export const ints = (values: readonly (number | bigint)[]): Attribute => ({ kind: 'ints', value: values.map(BigInt) });
/** A float32 attribute: the value is rounded to float32, as the file will hold it. */
export const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) });
export const floats = (values: readonly number[]): Attribute => ({ kind: 'floats', value: values.map(Math.fround) });
export const str = (value: string): Attribute => ({ kind: 'string', value: toUtf8.encode(value) });
export const strs = (values: readonly string[]): Attribute => ({
  kind: 'strings',
  value: values.map((one) => toUtf8.encode(one)),
});
export const tensorValue = (value: Tensor): Attribute => ({ kind: 'tensor', value });
export const graphValue = (value: Graph): Attribute => ({ kind: 'graph', value });
