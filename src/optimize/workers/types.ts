/** A piece of arithmetic that may run in another thread: a plain function of plain data. It must be deterministic and must not
 *  keep anything between calls. */
export interface Job<I, O> {
  run(input: I): O;
  /** About how many elementary steps a call takes: small ones are not worth a trip to a thread. */
  steps(input: I): number;
}

/** Declare a job; infers its types. */
export const job = <I extends object, O extends object>(
  run: (input: I) => O,
  steps: (input: I) => number,
): Job<I, O> => ({ run, steps });

/** To a thread: run this job. */
export interface Order {
  readonly id: number;
  readonly name: string;
  readonly input: object;
}

/** From a thread: the result, or what went wrong. */
export type Answer =
  | { readonly id: number; readonly kind: 'done'; readonly output: object }
  | { readonly id: number; readonly kind: 'unknown' }
  | {
      readonly id: number;
      readonly kind: 'fault';
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly id: number; readonly kind: 'bug'; readonly message: string; readonly stack: string };
