export { anatomyOf } from './anatomy.ts';
export { layersOf, resultOf } from './layers.ts';
export type { Layers } from './layers.ts';
export { normsOf } from './norms.ts';
export type { Norms } from './norms.ts';
export type { Anatomy, Attention, Block, Columns, FeedForward, Table } from './types.ts';
