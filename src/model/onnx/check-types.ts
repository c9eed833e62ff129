import type { DataType, Node, ValueInfo } from '../../contracts/index.ts';
import { dataTypeOf, onnxNumberOf } from '../tensor/index.ts';
import type { OperatorSchema, Parameter } from './operators.ts';

/** The element type of a value, as far as it is known. */
export type TypeOf = (name: string) => DataType | undefined;

/** The element type that a model states for a value. */
export const declaredType = ({ type }: ValueInfo): DataType | undefined =>
  type?.kind === 'tensor' && type.dtype !== 'undefined' ? type.dtype : undefined;

const at = (parameters: readonly Parameter[], index: number): Parameter | undefined =>
  parameters[Math.min(index, parameters.length - 1)];

/** Types that an attribute decides. */
const fromAttributes = ({ op, attributes }: Node): DataType | undefined => {
  const { to, value } = attributes;
  if (op === 'Cast' && to?.kind === 'int') return dataTypeOf(Number(to.value)) ?? undefined;
  if (op === 'Constant' && value?.kind === 'tensor') return value.value.dtype;
  if (op === 'ConstantOfShape') return value?.kind === 'tensor' ? value.value.dtype : 'float32';
  return undefined;
};

/** Check the element types of a node's inputs against its operator and derive those of its outputs; undefined where nothing is known.
 *  Shapes: one entry per output. Errors: none; disagreements go to `report`. */
export const checkTypes = (
  node: Node,
  schema: OperatorSchema,
  typeOf: TypeOf,
  report: (what: string) => void,
): (DataType | undefined)[] => {
  const bound = new Map<string, { dtype: DataType; input: string }>();
  node.inputs.forEach((input, index) => {
    const dtype = input === '' ? undefined : typeOf(input);
    const parameter = at(schema.inputTypes, index);
    if (dtype === undefined || dtype === 'undefined' || parameter === undefined) return;
    const { variable, allowed } = parameter;
    if (!allowed.has(onnxNumberOf(dtype))) {
      report(`its input ${JSON.stringify(input)} is ${dtype}, which the operator does not take there`);
      return;
    }
    if (variable === '') return;
    const other = bound.get(variable);
    if (other === undefined) bound.set(variable, { dtype, input });
    else if (other.dtype !== dtype)
      report(
        `its inputs ${JSON.stringify(other.input)} and ${JSON.stringify(input)} are ${other.dtype} and ${dtype}, expected one type`,
      );
  });
  const decided = node.domain === '' ? fromAttributes(node) : undefined;
  return node.outputs.map((_, index) => {
    const parameter = at(schema.outputTypes, index);
    if (parameter === undefined) return undefined;
    const { variable, allowed } = parameter;
    if (variable !== '' && bound.has(variable)) return bound.get(variable)!.dtype;
    if (decided !== undefined && index === 0) return decided;
    const [only] = allowed;
    return allowed.size === 1 && only !== 0 ? (dataTypeOf(only!) ?? undefined) : undefined;
  });
};
