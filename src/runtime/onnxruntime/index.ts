export { openProfiled, openSession, openTraining, prepareProcess } from './session.ts';
export type { ProfiledSession, SessionControl } from './session.ts';
export type { Profiling } from './protocol.ts';
