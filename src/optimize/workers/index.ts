export { inOrder } from './in-order.ts';
export { withWorkers } from './pool.ts';
export type { Workers } from './pool.ts';
export { sharedFloats } from './travel.ts';
