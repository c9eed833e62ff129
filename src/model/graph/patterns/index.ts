export { absent, constant, constantOf, number, oneOf, op, scalar, shape, through, value } from './make.ts';
export type { OpOptions } from './make.ts';
export { matchAt } from './match.ts';
export { rewrite } from './rewrite.ts';
export type { Build, Rewrite } from './rewrite.ts';
export { scalarConstant } from './scalar-constant.ts';
export type { Match, Miss, OpPattern, Outcome, Pattern, Shape } from './types.ts';
