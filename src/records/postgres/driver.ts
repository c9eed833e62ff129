import type pg from 'pg';
import { SteelyardError } from '../../contracts/index.ts';

/** The PostgreSQL driver, loaded when first asked for: only shared runs need it.
 *  Errors: `store/driver` with the command that installs it. */
export const loadDriver = async (): Promise<typeof pg> => {
  try {
    return (await import('pg')).default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SteelyardError(
      'store/driver',
      'records in PostgreSQL need the package pg, which is not installed',
      'npm install pg@8 beside steelyard (with -g if steelyard is installed globally)',
    );
  }
};
