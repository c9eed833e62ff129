export { openSession } from './onnxruntime/index.ts';
export type { SessionControl } from './onnxruntime/index.ts';
export { readMachine } from './machine.ts';
export { runtimeVersion } from './version.ts';
