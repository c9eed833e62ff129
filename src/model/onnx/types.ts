import { create } from '@bufbuild/protobuf';
import type { Dim, ValueType } from '../../contracts/index.ts';
import { dataTypeOf, onnxNumberOf } from '../tensor/index.ts';
import {
  TensorShapeProtoSchema,
  TensorShapeProto_DimensionSchema,
  TypeProtoSchema,
  TypeProto_TensorSchema,
} from './generated/onnx_pb.ts';
import type { TensorShapeProto, TypeProto } from './generated/onnx_pb.ts';

interface Reading<T> {
  readonly value: T;
  /** False when the message says more than the noun can (denotations, opaque types, impossible sizes, unknown fields). */
  readonly exact: boolean;
}

const plain = (message: { readonly $unknown?: readonly unknown[] | undefined }): boolean =>
  message.$unknown === undefined || message.$unknown.length === 0;

const readShape = (shape: TensorShapeProto): Reading<Dim[]> => {
  let exact = plain(shape);
  const value = shape.dim.map((dim): Dim => {
    if (!plain(dim) || dim.denotation !== '') exact = false;
    if (dim.value.case === 'dimParam' && dim.value.value !== '') return dim.value.value;
    if (dim.value.case === 'dimValue') {
      const size = Number(dim.value.value);
      if (size >= 0 && Number.isSafeInteger(size)) return size;
    }
    if (dim.value.case !== undefined) exact = false;
    return null;
  });
  return { value, exact };
};

/** A TypeProto as a noun. A negative dimension reads as unknown, as ONNX Runtime takes it. */
export const readType = (type: TypeProto): Reading<ValueType> => {
  const outer = plain(type) && type.denotation === '';
  const { value: kind } = type;
  switch (kind.case) {
    case 'tensorType':
    case 'sparseTensorType': {
      const dtype = dataTypeOf(kind.value.elemType);
      const shape = kind.value.shape ? readShape(kind.value.shape) : null;
      return {
        value: {
          kind: kind.case === 'tensorType' ? 'tensor' : 'sparse',
          dtype: dtype ?? 'undefined',
          dims: shape?.value ?? null,
        },
        exact: outer && plain(kind.value) && dtype !== null && shape?.exact !== false,
      };
    }
    case 'sequenceType':
    case 'optionalType': {
      const element = kind.value.elemType ? readType(kind.value.elemType) : null;
      return {
        value: { kind: kind.case === 'sequenceType' ? 'sequence' : 'optional', element: element?.value ?? null },
        exact: outer && plain(kind.value) && element?.exact !== false,
      };
    }
    case 'mapType': {
      const key = dataTypeOf(kind.value.keyType);
      const value = kind.value.valueType ? readType(kind.value.valueType) : null;
      return {
        value: { kind: 'map', key: key ?? 'undefined', value: value?.value ?? null },
        exact: outer && plain(kind.value) && key !== null && value?.exact !== false,
      };
    }
    default:
      return { value: { kind: 'other' }, exact: false };
  }
};

const writeShape = (dims: readonly Dim[]): TensorShapeProto =>
  create(TensorShapeProtoSchema, {
    dim: dims.map((dim) => {
      if (dim === null) return create(TensorShapeProto_DimensionSchema);
      return create(TensorShapeProto_DimensionSchema, {
        value: typeof dim === 'number' ? { case: 'dimValue', value: BigInt(dim) } : { case: 'dimParam', value: dim },
      });
    }),
  });

/** A noun as a TypeProto. `other` gives an empty one: its contents travel in `extra`. */
export const writeType = (type: ValueType): TypeProto => {
  switch (type.kind) {
    case 'tensor':
    case 'sparse': {
      const value = create(TypeProto_TensorSchema, { elemType: onnxNumberOf(type.dtype) });
      if (type.dims !== null) value.shape = writeShape(type.dims);
      const { elemType, shape } = value;
      return create(TypeProtoSchema, {
        value:
          type.kind === 'tensor'
            ? { case: 'tensorType', value }
            : { case: 'sparseTensorType', value: { elemType, ...(shape && { shape }) } },
      });
    }
    case 'sequence':
    case 'optional': {
      const value = type.element === null ? {} : { elemType: writeType(type.element) };
      return create(TypeProtoSchema, {
        value: type.kind === 'sequence' ? { case: 'sequenceType', value } : { case: 'optionalType', value },
      });
    }
    case 'map':
      return create(TypeProtoSchema, {
        value: {
          case: 'mapType',
          value: { keyType: onnxNumberOf(type.key), ...(type.value !== null && { valueType: writeType(type.value) }) },
        },
      });
    case 'other':
      return create(TypeProtoSchema);
  }
};

/** Whether two types say the same. */
export const sameType = (a: ValueType | null, b: ValueType | null): boolean => {
  if (a === null || b === null) return a === b;
  if ((a.kind === 'tensor' || a.kind === 'sparse') && (b.kind === 'tensor' || b.kind === 'sparse')) {
    if (a.kind !== b.kind || a.dtype !== b.dtype || (a.dims === null) !== (b.dims === null)) return false;
    return a.dims?.length === b.dims?.length && (a.dims ?? []).every((dim, index) => dim === b.dims?.[index]);
  }
  if ((a.kind === 'sequence' || a.kind === 'optional') && (b.kind === 'sequence' || b.kind === 'optional'))
    return a.kind === b.kind && sameType(a.element, b.element);
  if (a.kind === 'map' && b.kind === 'map') return a.key === b.key && sameType(a.value, b.value);
  return a.kind === 'other' && b.kind === 'other';
};
