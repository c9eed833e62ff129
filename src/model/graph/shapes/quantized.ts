import { known, typeAttribute } from './types.ts';
import type { Rule, Rules } from './types.ts';

const quantize: Rule = (at) => {
  const stated = typeAttribute(at.node, 'output_dtype');
  return [known(at.has(2) ? at.dtype(2) : (stated ?? 'uint8'), at.dims(0))];
};

const dequantize: Rule = (at) => {
  const stated = typeAttribute(at.node, 'output_dtype');
  return [known(stated ?? (at.node.domain === '' && at.opset < 19 ? 'float32' : at.dtype(1)), at.dims(0))];
};

const dynamicQuantize: Rule = (at) => [known('uint8', at.dims(0)), known('float32', []), known('uint8', [])];

/** Quantization operators, also under their com.microsoft names. Source: ONNX operator specification. */
export const quantized: Rules = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
};
