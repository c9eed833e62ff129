import { SteelyardError } from '../contracts/index.ts';

type GraphileWorker = typeof import('graphile-worker');
type Pg = typeof import('pg');

const missing = (cause: unknown): never => {
  const { code, message } = cause as NodeJS.ErrnoException;
  // Whatever else fails while it loads is not for an installation to mend.
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
  throw new SteelyardError(
    'queue/library',
    `the job queue is not installed (${message.split('\n')[0]})`,
    'npm install graphile-worker@~0.17.3 pg@^8.16.0',
    { cause },
  );
};

/** The job queue on PostgreSQL, loaded when it is needed: few users share work. Errors: `queue/library` with the command that installs it. */
export const loadQueue = async (): Promise<{ readonly graphile: GraphileWorker; readonly pg: Pg['default'] }> => {
  try {
    const [graphile, pg] = await Promise.all([import('graphile-worker'), import('pg')]);
    return { graphile, pg: pg.default };
  } catch (cause) {
    return missing(cause);
  }
};
