import { isSteelyardError } from '../../contracts/index.ts';
import { jobs } from './jobs.ts';
import type { Answer, Job, Order } from './types.ts';

const known = jobs as unknown as Readonly<Record<string, Job<object, object>>>;

/** Run one order and say how it went. */
export const answerTo = ({ id, name, input }: Order): Answer => {
  if (!Object.hasOwn(known, name)) return { id, kind: 'unknown' };
  try {
    return { id, kind: 'done', output: known[name]!.run(input) };
  } catch (error) {
    if (isSteelyardError(error))
      return {
        id,
        kind: 'fault',
        code: error.code,
        message: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      };
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    return { id, kind: 'bug', message, stack };
  }
};
