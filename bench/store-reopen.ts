// A fresh process for the bench of stores: opens a run, reads it, finds some records, and tells its parent.
import { sampleRecord } from '../src/records/testing/samples.ts';
import { openPlace, type Place, type Reopened } from './store.ts';

const place = JSON.parse(process.argv[2]!) as Place;
const count = Number(process.argv[3]);
const before = process.memoryUsage().rss;
let peak = before;
const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 2);
let start = performance.now();
const store = await openPlace(place);
const openMs = performance.now() - start;
start = performance.now();
let records = 0;
for await (const record of store.records()) records += record.kind === 'build' ? 1 : 0;
const readMs = performance.now() - start;
const times: number[] = [];
for (let index = 0; index < 500; index++) {
  const { key } = sampleRecord((index * 7919) % (count - 300));
  start = performance.now();
  if ((await store.find(key))?.key !== key) throw new Error('a record was not found');
  times.push(performance.now() - start);
}
await store.close();
clearInterval(timer);
const result: Reopened = {
  openMs,
  readMs,
  records,
  findMs: times.toSorted((a, b) => a - b)[250]!,
  grownBytes: peak - before,
};
process.send!(result);
process.disconnect();
