/** transformers.js `dtype` → what it appends to `model` to find the file. Source: transformers.js, DEFAULT_DTYPE_SUFFIX_MAPPING. */
export const dtypeSuffixes = {
  fp32: '',
  fp16: '_fp16',
  int8: '_int8',
  uint8: '_uint8',
  q8: '_quantized',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const satisfies Record<string, string>;
