export { profileRun } from './run.ts';
export type { ProfiledRun } from './run.ts';
export type { KernelEvent } from './profile.ts';
