export { openSession } from './onnxruntime/index.ts';
export type { SessionControl } from './onnxruntime/index.ts';
export { cannotPay, describeInstructionSets, saturatesU8S8 } from './instruction-sets.ts';
export { readMachine } from './machine.ts';
export { profileRun } from './receipt/index.ts';
export type { KernelEvent, ProfiledRun } from './receipt/index.ts';
export { runtimeVersion } from './version.ts';
