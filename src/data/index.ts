export { contentKey, digestExamples, normalizeText } from './canonical.ts';
export type { TaskKind } from './columns.ts';
export { readExamples, type ReadOptions, type ReadResult } from './examples.ts';
export { fetchModel, parseHubReference, type HubOptions, type HubReference } from './hub.ts';
export { overlap, refuseOverlap, type Overlap } from './overlap.ts';
export { splitHoldback } from './split.ts';
