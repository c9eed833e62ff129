import type { Graph, Model, Node, Tensor } from '../../contracts/index.ts';
import { tensor } from '../tensor/index.ts';
import { clampInt } from './attributes.ts';

/** Initializers of a graph that a caller may override at run time, because they are also graph inputs. Before IR version 4
 *  every initializer had to be listed as an input; there the listing says nothing, and none counts as overridable.
 *  Source: ONNX IR specification, "Graphs" and the notes of IR version 4. */
export const overridableOf = (model: Pick<Model, 'irVersion'>, graph: Graph): ReadonlySet<string> => {
  if (model.irVersion < 4) return new Set();
  return new Set(graph.inputs.filter((input) => graph.initializers.has(input.name)).map((input) => input.name));
};

/** The tensor that a Constant node holds; null for another node, a sparse value or a function's parameter. */
export const constantValue = (node: Node): Tensor | null => {
  if (node.op !== 'Constant' || node.domain !== '') return null;
  for (const [name, attribute] of Object.entries(node.attributes)) {
    if (name === 'value' && attribute.kind === 'tensor') return attribute.value;
    if (name === 'value_float' && attribute.kind === 'float')
      return tensor('float32', [], Float32Array.of(attribute.value));
    if (name === 'value_floats' && attribute.kind === 'floats')
      return tensor('float32', [attribute.value.length], Float32Array.from(attribute.value));
    if (name === 'value_int' && attribute.kind === 'int') return tensor('int64', [], BigInt64Array.of(attribute.value));
    if (name === 'value_ints' && attribute.kind === 'ints')
      return tensor('int64', [attribute.value.length], BigInt64Array.from(attribute.value));
    if (name === 'value_string' && attribute.kind === 'string')
      return { dtype: 'string', dims: [], data: { kind: 'strings', values: [attribute.value] } };
    if (name === 'value_strings' && attribute.kind === 'strings')
      return { dtype: 'string', dims: [attribute.value.length], data: { kind: 'strings', values: attribute.value } };
  }
  return null;
};

/** The numbers of a small integer tensor (int32, int64; at most `limit` elements, scalar or one dimension); null otherwise.
 *  int64 beyond ±(2^53 − 1) clamps. */
export const smallIntegers = (value: Tensor, read: (value: Tensor) => Uint8Array, limit = 64): number[] | null => {
  const [length = 1] = value.dims;
  if (value.dims.length > 1 || length > limit) return null;
  if (value.dtype !== 'int64' && value.dtype !== 'int32') return null;
  const bytes = read(value);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length }, (_, i) =>
    value.dtype === 'int64' ? clampInt(view.getBigInt64(i * 8, true)) : view.getInt32(i * 4, true),
  );
};
