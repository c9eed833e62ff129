export { checkTarget, shareRun, type QueueSettings, type SharedRun } from './open.ts';
export { jobOf } from './job.ts';
export { serve, type ServeSettings } from './serve.ts';
