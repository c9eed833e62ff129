import { SteelyardError, isSteelyardError } from '../../contracts/index.ts';

/** The fault behind an error of the file system, coded; errors that are not the disk's stay as they are.
 *  `store/no-space` (disk or quota full), `store/read-only` (no permission, read-only mount), `store/missing`, `store/path` (a file where a folder
 *  should be, or the other way round), `store/io`. */
export const diskFault = (error: unknown, doing: string, path: string): Error => {
  if (isSteelyardError(error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const cause = { cause: error };
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new SteelyardError(
        'store/no-space',
        `no disk space left while ${doing}: ${path}`,
        'free some space, then run the same command with --resume: finished steps are kept',
        cause,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SteelyardError(
        'store/read-only',
        `not allowed to write while ${doing}: ${path}`,
        'choose a folder that you may write to with --out, or change its permissions',
        cause,
      );
    case 'ENOENT':
      return new SteelyardError(
        'store/missing',
        `not found while ${doing}: ${path}`,
        'check that the folder is there and may be written to; was it moved or cleaned up?',
        cause,
      );
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
      return new SteelyardError(
        'store/path',
        `${code === 'EISDIR' ? 'a folder is where a file should be' : 'a file is where a folder should be'} while ${doing}: ${path}`,
        'choose another path',
        cause,
      );
    case undefined:
      return error as Error;
    default:
      return new SteelyardError(
        'store/io',
        `${message} (while ${doing}: ${path})`,
        'check the disk and try again',
        cause,
      );
  }
};

/** Run a step on the disk; its errors come out coded. */
export const onDisk = async <T>(doing: string, path: string, step: () => Promise<T>): Promise<T> => {
  try {
    return await step();
  } catch (error) {
    throw diskFault(error, doing, path);
  }
};
