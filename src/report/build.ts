import type { MetricSpec, StoreRecord } from '../contracts/index.ts';
import type { Block } from './blocks.ts';
import { answerSection, summaryOf } from './sections/answer.ts';
import { comparisonSection } from './sections/comparison.ts';
import { costSection } from './sections/costs.ts';
import { deploySection } from './sections/deploy.ts';
import { excludedSection } from './sections/excluded.ts';
import { gateSection } from './sections/gates.ts';
import { groupSection } from './sections/groups.ts';
import { kernelSection } from './sections/kernels.ts';
import { methodSection } from './sections/method.ts';
import { regressionSection } from './sections/regressions.ts';
import { reproduceSection } from './sections/reproduce.ts';
import { robustnessSection } from './sections/robustness.ts';
import { sidesSection } from './sections/sides.ts';
import { tradeoffSection } from './sections/tradeoff.ts';
import { searchSection, type FrontOf } from './search/section.ts';
import { viewOf } from './view.ts';

/** The report of a run: a pure view of its records, the answer first, the evidence after it. Nothing is typed in by hand.
 *  `metrics` are the declarations of everything that may have been measured; `frontOf` says which looks of a search are on the front, absent:
 *  that is left out. `isWritten`: the chosen version lies in the run's folder.
 *  Errors: `report/empty` when the records hold no run. */
export const buildReport = (
  records: readonly StoreRecord[],
  metrics: readonly MetricSpec[],
  frontOf: FrontOf = () => [],
  isWritten = true,
): Block[] => {
  const view = viewOf(records, metrics);
  return [
    ...answerSection(view),
    ...gateSection(view),
    ...(isWritten ? deploySection(view) : []),
    ...tradeoffSection(view),
    ...comparisonSection(view),
    ...sidesSection(view),
    ...excludedSection(view),
    ...searchSection(view, frontOf),
    ...regressionSection(view),
    ...groupSection(view),
    ...robustnessSection(view),
    ...costSection(view),
    ...kernelSection(view),
    ...methodSection(view),
    ...reproduceSection(view),
  ];
};

/** The answer in one paragraph, for a log line or the end of a command. */
export const summarize = (records: readonly StoreRecord[], metrics: readonly MetricSpec[]): string =>
  summaryOf(viewOf(records, metrics));
