export {
  clampInt,
  describe,
  float,
  floatOf,
  floats,
  floatsOf,
  graphValue,
  hasSubgraph,
  int,
  intOf,
  ints,
  intsOf,
  labelOf,
  str,
  stringOf,
  strs,
  subgraphsOf,
  tensorOf,
  tensorValue,
} from './attributes.ts';
export { editEach, graphsOf } from './bodies.ts';
export { constantValue, overridableOf, smallIntegers } from './constants.ts';
export { edit } from './edit.ts';
export type { Draft, EditOptions, NodeInit } from './edit.ts';
export { indexOf } from './graph-index.ts';
export type { GraphIndex } from './graph-index.ts';
export { canConvert, cannotRaise, convertOpset, newestOpset, onRaised, raised } from './opset/index.ts';
export type { Conversion } from './opset/index.ts';
export { inOrder } from './order.ts';
export { capturesOf, capturesOfNode, eachName } from './scope.ts';
export {
  absent,
  constant,
  constantOf,
  matchAt,
  number,
  oneOf,
  op,
  rewrite,
  scalar,
  scalarConstant,
  shape,
  through,
  value,
} from './patterns/index.ts';
export type { Build, Match, Miss, OpPattern, Outcome, Pattern, Rewrite, Shape } from './patterns/index.ts';
export { broadcast } from './shapes/dims.ts';
export { fromTensor, fromType, inferFacts, inferNode, inferShapes } from './shapes/infer.ts';
export type { Inferred } from './shapes/types.ts';
export { parseText } from './text/parse.ts';
export type { ParseOptions } from './text/parse.ts';
export { printLine, printNode, printText, typeText } from './text/print.ts';
export type { PrintOptions } from './text/print.ts';
