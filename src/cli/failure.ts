import { isSteelyardError } from '../contracts/errors.ts';
import { diskFault } from '../records/files/fault.ts';

/** What only a disk, its quota or its permissions can cause, wherever it was met: never a bug of ours. */
const ofTheDisk = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM']);

const told = (error: unknown): unknown => {
  if (!(error instanceof Error) || isSteelyardError(error)) return error;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || !ofTheDisk.has(code)) return error;
  return diskFault(error, `calling ${syscall}`, path ?? 'the folder of temporary files or of the run');
};

/** 2 usage, 3 bad input, 4 internal fault, 130 stopped by the user. */
export const exitCodeOf = (fault: unknown): number => {
  const error = told(fault);
  if (!isSteelyardError(error)) return 4;
  if (error.code === 'engine/cancelled') return 130;
  return error.code.startsWith('usage/') ? 2 : 3;
};

/** What the user reads on stderr: what happened and what to do; the stack only for our own faults. */
export const explain = (thrown: unknown, json: boolean): string => {
  const error = told(thrown);
  if (isSteelyardError(error)) {
    if (json)
      return `${JSON.stringify({ error: { code: error.code, message: error.message, hint: error.hint ?? null } })}\n`;
    return `steelyard: ${error.message}\n${error.hint === undefined ? '' : `  hint: ${error.hint}\n`}  (${error.code})\n`;
  }
  const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (json) return `${JSON.stringify({ error: { code: 'internal', message: fault, hint: null } })}\n`;
  return `steelyard: internal fault, this is a bug in Steelyard and not in your files\n${fault}\n`;
};
