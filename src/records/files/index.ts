export { canonicalJson, digestOf, digestOfBytes, parseCanonical } from '../canonical.ts';
export { openArtifacts } from './artifacts.ts';
export { openScratchFolder, type ScratchFolder } from './scratch-folder.ts';
export { openStore, type FileStore, type StoreOptions } from './store.ts';
