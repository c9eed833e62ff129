export { decodeImage } from './decode.ts';
export { toChannels, type Pixels } from './pixels.ts';
export { prepare, type Layout } from './prepare.ts';
export { preprocessorOf, readPreprocessor, type Preprocessor } from './preprocessor.ts';
