import type { ChoiceRecord, Scenario } from '../../contracts/index.ts';
import { confirm, decide, type Contender } from '../../decide/index.ts';
import { digestOf } from '../../records/index.ts';
import { metrics } from '../../weigh/index.ts';
import type { Known } from './known.ts';
import type { Numbers } from './numbers.ts';

export interface Decided {
  readonly choice: ChoiceRecord;
  /** The chosen version has no numbers on held-back data; they are not made up for it. */
  readonly unconfirmed: boolean;
}

/** Decide from what is known, and test the choice again on held-back data where the run measured it there. Nothing is measured.
 *  `now` is the time of the decision. */
export const decideFrom = (known: Known, scenario: Scenario, numbers: Numbers, now: Date): Decided => {
  const { evaluation, holdback } = numbers;
  const original: Contender = { id: 'baseline', measurements: evaluation.get('baseline') ?? [], steps: 0 };
  const contenders = [...known.builds].flatMap(([id, { chain }]): Contender[] => {
    const measurements = evaluation.get(id);
    return measurements === undefined ? [] : [{ id, measurements, steps: chain.steps.length }];
  });
  const { must, prefer, confidence } = scenario;
  const decision = decide(must, prefer, original, contenders, metrics, confidence);
  const { chosen } = decision;
  const [before, after] = [holdback.get('baseline'), chosen === null ? undefined : holdback.get(chosen)];
  const measured = before !== undefined && after !== undefined;
  const confirmation = measured && chosen !== 'baseline' ? confirm(must, before, after, metrics, confidence) : null;
  const { machine, key } = known.run;
  return {
    choice: {
      kind: 'choice',
      key: digestOf({ kind: 'what if', run: key, decision, confirmation, must, prefer }),
      at: now.toISOString(),
      seconds: 0,
      machine: machine.digest,
      instructionSets: machine.instructionSets,
      ...decision,
      confirmation,
    },
    unconfirmed: chosen !== null && chosen !== 'baseline' && !measured,
  };
};
