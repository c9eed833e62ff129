export { canonicalJson, digestOf, digestOfBytes, parseCanonical } from './canonical.ts';
export { openStore, type FileStore, type StoreOptions } from './files/index.ts';
