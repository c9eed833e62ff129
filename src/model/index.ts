export { openFolder } from './folder.ts';
export type { ModelFolder } from './folder.ts';
export { variantFileName, writeFolder } from './write-folder.ts';
export type { FolderContents } from './write-folder.ts';
