import type { DataType, Node, Tensor } from '../../contracts/index.ts';
import { dataTypeOf } from '../../model/tensor/index.ts';
import { intOf } from '../../model/graph/index.ts';
import { sourceOf, storedAs, tensorOf, throughLayout, type Place, type Scope } from './scopes.ts';

/** What an operation gets on one of its inputs. */
export type Operand =
  /** A DequantizeLinear, perhaps with a change of layout after it. */
  | {
      readonly kind: 'dequantized';
      readonly dq: Node;
      readonly scope: Scope;
      /** Type of the codes; null when it cannot be told. */
      readonly codes: DataType | null;
      /** The codes, when they are a constant. */
      readonly constant: Tensor | null;
      readonly codesName: string;
    }
  /** A weight; `stored`: how the original model stores it, when the runtime computed it at load. */
  | { readonly kind: 'constant'; readonly tensor: Tensor; readonly stored: DataType | null }
  | { readonly kind: 'computed' };

/** Type of what a QuantizeLinear makes: that of its zero point, else what it says, else uint8. */
const quantizedType = (node: Node, scope: Scope): DataType | null => {
  const zeroPoint = tensorOf(node.inputs[2], scope);
  if (zeroPoint !== null) return zeroPoint.dtype;
  const stated = dataTypeOf(intOf(node, 'output_dtype', 0));
  return stated !== 'undefined' && stated !== null ? stated : (node.inputs[2] ?? '') === '' ? 'uint8' : null;
};

/** Describe one input of an operation of the running graph. `original`: the graph as the user wrote it, to tell what a weight was made from. */
export const operandOf = ({ node, scope }: Place, position: number, original: Scope): Operand | null => {
  const name = node.inputs[position];
  if (name === undefined || name === '') return null;
  const source = throughLayout(name, scope);
  if (source === null) return { kind: 'computed' };
  // Where the runtime moves a Cast away from a weight, it puts its mark before the name.
  if (source.kind === 'tensor')
    return {
      kind: 'constant',
      tensor: source.tensor,
      stored: storedAs(source.name.replace(/^FusedBack_/, ''), original),
    };
  if (source.node.op !== 'DequantizeLinear') return { kind: 'computed' };
  const codesName = source.node.inputs[0] ?? '';
  const codes = sourceOf(codesName, source.scope);
  return {
    kind: 'dequantized',
    dq: source.node,
    scope: source.scope,
    codesName,
    constant: codes?.kind === 'tensor' ? codes.tensor : null,
    codes:
      codes?.kind === 'tensor'
        ? codes.tensor.dtype
        : codes?.kind === 'node' && codes.node.op === 'QuantizeLinear'
          ? quantizedType(codes.node, codes.scope)
          : null,
  };
};
