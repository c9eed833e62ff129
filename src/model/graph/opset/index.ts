export { canConvert, convertOpset } from './convert.ts';
export type { Conversion } from './convert.ts';
export { cannotRaise, onRaised, raised } from './raised.ts';
export { newestOpset } from './versions.ts';
