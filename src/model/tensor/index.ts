export { aside } from './aside.ts';
export { bitsOf, byteLengthOf, dataTypeOf, dataTypes, elementCount, onnxNumberOf } from './dtype.ts';
export { decodeFloat8, isFloat8 } from './float8.ts';
export { bfloat16ToFloats, floatsToBfloat16, floatsToHalf, halfToFloats, roundHalfEven } from './half.ts';
export { createRoom, withoutRoom, type Room } from './room.ts';
export { scratch } from './scratch.ts';
export { readStrings, readTensor, readTensorSync } from './read.ts';
export { bytesOf, pack, rawTensor, tensor, toFloat32, unpack, viewOf } from './views.ts';
