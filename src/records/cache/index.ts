export { openCache, type Cache, type CacheOptions } from './cache.ts';
export {
  clearCache,
  listCache,
  pruneCache,
  summarizeCache,
  verifyCache,
  type CacheCheck,
  type CacheEntry,
  type CacheSummary,
} from './care.ts';
export { parseSize, setLimit, sizeText } from './limit.ts';
export { withCache } from './with-cache.ts';
export { cacheFolder } from './places.ts';
export { artifactsOf, shareable, sharedKinds, type SharedKind } from './shareable.ts';
export type { CacheUse, LastUse } from './use.ts';
