import { parentPort } from 'node:worker_threads';
import { answerTo } from './answer.ts';
import { buffersOf } from './travel.ts';
import type { Order } from './types.ts';

// The program of a worker thread: orders in, answers out, one at a time.
parentPort?.on('message', (order: Order) => {
  const answer = answerTo(order);
  parentPort?.postMessage(answer, answer.kind === 'done' ? buffersOf(answer.output) : []);
});
