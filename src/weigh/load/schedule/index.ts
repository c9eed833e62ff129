export { constantArrivals, gammaArrivals, poissonArrivals, type Extent } from './arrivals.ts';
export { selectKept, selectSamples, type Selection } from './samples.ts';
export { readTrace, replay, traceRate } from './trace.ts';
