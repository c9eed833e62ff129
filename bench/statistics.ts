import { seeded } from '../src/statistics/index.ts';
import type { Case } from '../src/statistics/testing/case.ts';
import { savings } from '../src/statistics/testing/look-cases.ts';
import { asPromised, cases, simulate } from '../src/statistics/testing/simulate.ts';
import { calibrationCases } from '../src/weigh/quality/testing/calibration-cases.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const show = (all: readonly Case[], runs: number): void => {
  console.log(`${runs.toLocaleString('en-US')} simulated experiments a line; promised before Monte-Carlo error`);
  for (const one of all) {
    const started = performance.now();
    const share = simulate(one, runs, 1);
    console.log(
      `${asPromised(one, share, runs) ? 'ok     ' : 'BROKEN '} ${one.what.padEnd(12)} ${percent(share).padStart(7)}  promised ${percent(one.from)} to ${percent(one.to)}  ${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${one.name}`,
    );
  }
};

/** What looking early saves: [answers, flips, margin, true difference]. */
const evaluations = [
  [930, 0.03, 0.01, 0],
  [1855, 0.03, 0.01, 0],
  [5000, 0.03, 0.01, 0],
  [20_000, 0.03, 0.01, 0],
  [1500, 0.05, 0.02, 0],
  [3000, 0.08, 0.01, -0.05],
] as const;

const showSavings = (runs: number): void => {
  console.log(
    `\n${runs} evaluations a line: right claims by one test at the end, up to ten looks, a bet looked at after every tenth answer; answers used by the latter two`,
  );
  for (const [total, discordant, margin, difference] of evaluations) {
    const label = `${total} ${difference}`;
    const found = savings(total, discordant, margin, difference, runs, (run) => seeded(run, label));
    console.log(
      `${String(total).padStart(6)} answers, ${percent(discordant)} flips, margin ${percent(margin)}, truly ${percent(difference)}: ` +
        `once ${percent(found.once)} · looks ${percent(found.looks)} · bet ${percent(found.betting)}; ` +
        `used ${percent(found.looksShare)} · ${percent(found.bettingShare)}`,
    );
  }
};

/** How often the statistics are wrong, by simulation: false claims of gates and tests, coverage of intervals, 2,000 experiments each (calibration, whose
 *  experiments are bootstraps of several figures: 400). Two lines show what not to do. Then what looking early saves. */
export const run = async (): Promise<void> => {
  show(cases, 2000);
  show(calibrationCases, 400);
  showSavings(1000);
};
