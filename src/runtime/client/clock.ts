/** Time as the sender of a schedule sees it. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Resolves at `at` or as soon after as can be; answers that come meanwhile are taken. */
  until(at: number): Promise<void>;
}

/** A timer is late by up to a millisecond and a bit, so the last part is spent looking at the clock. */
const spinMs = 1.6;

/** Between two looks at what has come in. Turning the event loop makes garbage, and collecting it would delay requests more than this does. */
const sliceMs = 0.02;

/** The real clock. The last part before a time is spent turning the event loop: answers are still read, and stamped, in it. */
export const realClock: Clock = {
  now: () => performance.now(),
  until: (at) =>
    new Promise((resolve) => {
      const spin = (): void => {
        const slice = Math.min(at, performance.now() + sliceMs);
        let now = performance.now();
        while (now < slice) now = performance.now();
        if (now >= at) resolve();
        else setImmediate(spin);
      };
      const coarse = at - performance.now() - spinMs;
      if (coarse >= 1) setTimeout(spin, Math.floor(coarse));
      else spin();
    }),
};
