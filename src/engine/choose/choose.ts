import { renewed, type ChoiceRecord, type Measurement, type Subject } from '../../contracts/index.ts';
import { confirm, decide, type Contender, type Decision } from '../../decide/index.ts';
import { digestOf } from '../../records/index.ts';
import { metrics } from '../../weigh/index.ts';
import { appendNewest } from '../run/append.ts';
import { audit } from '../measure/audit.ts';
import { ofAnswers } from '../measure/evaluators.ts';
import { outcomeOf, type Outcomes } from '../measure/measure.ts';
import { weighIn } from '../measure/weigh-in.ts';
import type { Run, Weighed } from '../run/run.ts';
import { measureTied } from '../search/ties.ts';
import { settle } from './settle.ts';

const measured = (outcomes: Outcomes, id: string): readonly Measurement[] | null => {
  const outcome = outcomeOf(outcomes, id);
  return outcome.kind === 'measured' ? outcome.measurements : null;
};

/** The gates that answers decide, tested anew on held-back data at this confidence; null: none of them is. */
const check = async (
  run: Run,
  baseline: Subject,
  { subject }: Weighed,
  confidence: number,
): Promise<ChoiceRecord['confirmation']> => {
  const { scenario, data } = run;
  const again = await weighIn(run, {
    split: data.holdback,
    baseline,
    candidates: [subject],
    evaluators: ofAnswers(run.evaluators),
    seconds: 0,
  });
  const [before, after] = [measured(again, baseline.id), measured(again, subject.id)];
  return before === null || after === null
    ? { verdict: 'undecided', gates: [] }
    : confirm(scenario.must, before, after, metrics, confidence);
};

/** Decide from what was measured: promising ties are measured again for longer, the choice is re-tested on data that no selection saw, and all of it
 *  is kept as a record. `tieSeconds`: what measuring ties again may take. */
export const choose = async (
  run: Run,
  baseline: Subject,
  weighed: readonly Weighed[],
  outcomes: Outcomes,
  tieSeconds: number,
): Promise<ChoiceRecord> => {
  const { scenario, store, context, machine } = run;
  const { must, prefer, confidence } = scenario;
  const started = context.now();
  context.progress({ label: 'deciding', done: 0, total: null });
  const original: Contender = { id: baseline.id, measurements: measured(outcomes, baseline.id) ?? [], steps: 0 };
  const contendersOf = (newer: ReadonlyMap<string, readonly Measurement[]>): readonly Contender[] =>
    weighed.flatMap(({ subject, chain }): Contender[] => {
      const measurements = measured(outcomes, subject.id);
      if (measurements === null) return [];
      return [
        {
          id: subject.id,
          measurements: renewed(measurements, newer.get(subject.id) ?? []),
          steps: chain.steps.length,
        },
      ];
    });
  const decideOver =
    (contenders: readonly Contender[]) =>
    (except: ReadonlySet<string>): Decision =>
      decide(must, prefer, original, contenders, metrics, confidence, except);
  const { tied } = decideOver(contendersOf(new Map()))(new Set());
  const subjects = tied.flatMap((id) => weighed.find(({ subject }) => subject.id === id)?.subject ?? []);
  const newer = await measureTied(run, baseline, subjects, prefer[0] ?? '', tieSeconds);
  const decideWithout = decideOver(contendersOf(newer ?? new Map()));
  const { decision, ...checked } = await settle(decideWithout, baseline.id, confidence, async (id, level) => {
    const one = weighed.find(({ subject }) => subject.id === id)!;
    const confirmation = await check(run, baseline, one, level);
    await audit(run, baseline, one.subject, 'holdback');
    return confirmation;
  });
  const shown = weighed.find(({ subject }) => subject.id === (decision.chosen ?? decision.nearest));
  if (shown !== undefined) await audit(run, baseline, shown.subject, 'evaluation');
  const measuredAgain = [...(newer?.keys() ?? [])];
  const why =
    measuredAgain.length === 0
      ? decision.why
      : [`${measuredAgain.join(', ')} were tied and measured again for longer`, ...decision.why];
  const record: ChoiceRecord = {
    kind: 'choice',
    key: digestOf({ decision, ...checked, must, prefer, machine: machine.digest }),
    at: new Date().toISOString(),
    seconds: (context.now() - started) / 1000,
    machine: machine.digest,
    instructionSets: machine.instructionSets,
    ...decision,
    why,
    ...checked,
    measuredAgain,
  };
  await appendNewest(store, record);
  return record;
};
