export { openSession } from './session.ts';
export type { SessionControl } from './session.ts';
