/** A fault that the user or a file caused. Our own bugs are plain errors: they throw and stop.
 *  `code` is `room/what` and stable; `message` says what and where; `hint` says what to do next. */
export class SteelyardError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SteelyardError';
    this.code = code;
    this.hint = hint;
  }
}

/** True for a SteelyardError, also for one that crossed a process or a realm. */
export const isSteelyardError = (error: unknown): error is SteelyardError =>
  error instanceof Error && error.name === 'SteelyardError' && typeof (error as SteelyardError).code === 'string';

/** Throw because of a state that only a bug of ours can produce. */
export const unreachable = (what: string): never => {
  throw new Error(`unreachable: ${what}`);
};
