import { expect } from 'vitest';
import { sameAtOnce } from './same-at-once.ts';

// Once in a worker, however many files it runs: testers add up.
expect.addEqualityTesters([sameAtOnce]);
