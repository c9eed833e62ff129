export { shareRun, type QueueSettings, type SharedRun } from './open.ts';
export { beginRun, type BeginSettings } from './begin.ts';
export { jobOf } from './job.ts';
export { serve, type ServeSettings } from './serve.ts';
