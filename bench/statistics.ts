import { asPromised, cases, simulate } from '../src/statistics/testing/simulate.ts';

const runs = 2000;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** How often the statistics are wrong, by simulation: false claims of gates, coverage of intervals, 2,000 experiments each.
 *  The last line is what the field's usual practice gives. */
export const run = async (): Promise<void> => {
  console.log(`${runs.toLocaleString('en-US')} simulated experiments a line; promised before Monte-Carlo error`);
  for (const one of cases) {
    const started = performance.now();
    const share = simulate(one, runs, 1);
    console.log(
      `${asPromised(one, share, runs) ? 'ok     ' : 'BROKEN '} ${one.what.padEnd(12)} ${percent(share).padStart(7)}  promised ${percent(one.from)} to ${percent(one.to)}  ${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${one.name}`,
    );
  }
};
