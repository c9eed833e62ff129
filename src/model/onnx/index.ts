import type { Model, Tensor } from '../../contracts/index.ts';
import { modelOf, parse } from './decode.ts';
import { encodeModel, encodeTensor as encodeTensorParts } from './encode.ts';
import { externalResolver } from './external.ts';
import { collect, refuseOtherFormats } from './files.ts';
import { ModelProtoSchema, TensorProtoSchema } from './generated/onnx_pb.ts';
import { memorySource, skeletonOf } from './skeleton.ts';
import { tensorOf } from './tensors.ts';

export { checkModel } from './check.ts';
export type { Problem } from './check.ts';
export { newestOpset, operatorSchema } from './operators.ts';
export type { OperatorSchema } from './operators.ts';
export { decodeFile, encodeFile, writeFault } from './files.ts';
export type { EncodeFileOptions } from './files.ts';
export { limits } from './skeleton.ts';

const inMemory = 'the model in memory';

/** A Buffer's views would be Buffers again. */
const plainBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Decode a model from memory; large payloads become views of `input`, so keep that unchanged. `folder` is where external data lies.
 *  Errors: as `decodeFile`. */
export const decode = (input: Uint8Array, folder?: string): Model => {
  const bytes = plainBytes(input);
  refuseOtherFormats(bytes.subarray(0, 64), bytes.length, inMemory);
  skeletonOf(memorySource(bytes), ModelProtoSchema, inMemory);
  return modelOf(parse(ModelProtoSchema, bytes, inMemory), {
    where: inMemory,
    path: null,
    cutOf: () => null,
    external: externalResolver(folder ?? null, null),
  });
};

/** Encode a whole model in memory, weights included. Errors: `model/too-large` above 2 GiB, `model/data` when a source is gone. */
export const encode = (model: Model): Promise<Uint8Array> => collect(encodeModel(model), inMemory);

/** Decode one TensorProto, the form of ONNX test data (`.pb`). Errors: as `decodeFile`. */
export const decodeTensor = (input: Uint8Array): Tensor & { readonly name: string } => {
  const bytes = plainBytes(input);
  const where = 'the tensor in memory';
  skeletonOf(memorySource(bytes), TensorProtoSchema, where);
  const message = parse(TensorProtoSchema, bytes, where);
  const around = { where, path: null, cutOf: () => null, external: externalResolver(null, null) };
  return { ...tensorOf(message, around), name: message.name };
};

/** Encode one tensor as TensorProto. Errors: `model/data` when its file is gone. */
export const encodeTensor = (tensor: Tensor, name = ''): Promise<Uint8Array> =>
  collect(encodeTensorParts(tensor, name), 'the tensor in memory');
