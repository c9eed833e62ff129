export { openCache, type Cache, type CacheOptions } from './cache.ts';
export { withCache } from './with-cache.ts';
export { cacheFolder } from './places.ts';
export { artifactsOf, shareable, sharedKinds, type SharedKind } from './shareable.ts';
export type { CacheUse, LastUse } from './use.ts';
