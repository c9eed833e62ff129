import { dataTypeOf } from '../../tensor/index.ts';
import { intOf } from '../attributes.ts';
import { known } from './types.ts';
import type { Rule, Rules } from './types.ts';

const quantize: Rule = (at) => {
  const stated = dataTypeOf(intOf(at.node, 'output_dtype', 0));
  return [known(at.has(2) ? at.dtype(2) : (stated ?? 'uint8'), at.dims(0))];
};

const dequantize: Rule = (at) => {
  const stated = dataTypeOf(intOf(at.node, 'output_dtype', 0));
  return [known(stated ?? (at.node.domain === '' && at.opset < 19 ? 'float32' : at.dtype(1)), at.dims(0))];
};

const dynamicQuantize: Rule = (at) => [known('uint8', at.dims(0)), known('float32', []), known('uint8', [])];

/** Quantization operators, also under their com.microsoft names. Source: ONNX operator specification. */
export const quantized: Rules = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
};
