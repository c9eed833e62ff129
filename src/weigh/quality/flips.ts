import {
  defineEvaluator,
  isSteelyardError,
  type Context,
  type Measurement,
  type Predictions,
  type SubjectOutcome,
  type Trial,
} from '../../contracts/index.ts';
import { wilson } from '../../statistics/index.ts';
import { predict } from '../tasks/index.ts';
import { comparisonOf, type Comparing } from './comparing.ts';

interface Floor {
  readonly changed: number;
  readonly of: number;
}

/** How many answers of the original change when the same examples are asked again in other batches. */
const floorOf = async (
  trial: Trial,
  { changed, only }: Comparing,
  baseline: Predictions,
  most: number,
  context: Context,
): Promise<Floor> => {
  const rows = context
    .random('quality/flips')
    .shuffle([...trial.examples.keys()])
    .slice(0, most);
  const session = await trial.baseline.open({ shared: true });
  try {
    const again = await predict(
      trial.task,
      session,
      rows.map((row) => trial.examples[row]!),
      {
        batchSize: trial.batchSize === 1 ? 8 : 1,
        context,
        label: 'the original once more',
      },
    );
    const before = only(baseline, rows);
    return { changed: rows.filter((_, at) => changed(before, again, at)).length, of: rows.length };
  } finally {
    await session.close();
  }
};

const share = (metric: string, count: number, of: number, confidence: number, caveat?: string): Measurement => ({
  metric,
  unit: 'proportion',
  value: count / of,
  ...wilson(count, of, confidence),
  confidence,
  samples: of,
  ...(caveat === undefined ? {} : { caveat }),
});

/** How many answers change against the original: any change, right answers lost, right answers won. Accuracy can stay equal while many
 *  answers move. The original's own flips between batch sizes are the floor: changes up to it are not the version's doing.
 *  Units: shares of all examples (harmed and helped: of those with a right answer). Errors: `task/labels`, `quality/rows`, `runtime/…` of the original. */
export const flips = defineEvaluator({
  id: 'quality/flips',
  version: 1,
  title: 'Changed answers',
  source: 'Dutta et al. 2024, "Accuracy is Not All You Need" (arXiv 2407.09141)',
  metrics: [
    {
      id: 'flips',
      title: 'Changed answers',
      noun: 'share of changed answers',
      found: '{} of the answers changed',
      unit: 'proportion',
      better: 'lower',
      versus: 'none',
      definition: 'Share of examples that get another answer than from the original, right or wrong.',
    },
    {
      id: 'harmed',
      title: 'Right answers lost',
      noun: 'share of right answers lost',
      found: '{} of the examples lost their right answer',
      unit: 'proportion',
      better: 'lower',
      versus: 'none',
      definition: 'Share of examples that the original answers rightly and this version wrongly.',
    },
    {
      id: 'helped',
      title: 'Right answers won',
      noun: 'share of right answers won',
      found: '{} of the examples won a right answer',
      unit: 'proportion',
      better: 'higher',
      versus: 'none',
      definition: 'Share of examples that the original answers wrongly and this version rightly.',
    },
  ],
  options: {
    floorExamples: {
      kind: 'integer',
      default: 500,
      min: 1,
      max: 100_000,
      description: 'Examples on which the original is asked a second time, in other batches, to learn its own flips.',
    },
  },
  needs: { dataset: 'inputs', alone: false, answers: ['classes', 'labels', 'tags', 'span'] },
  async evaluate(trial: Trial, options, context) {
    const comparing = comparisonOf(trial);
    const baseline = comparing.checked(await trial.predictions(trial.baseline), trial.baseline.id);
    const before = comparing.right(baseline);
    const labelled = before.filter((right) => right >= 0).length;
    const floor = await floorOf(trial, comparing, baseline, options.floorExamples, context);
    const outcomes = new Map<string, SubjectOutcome>();
    outcomes.set(trial.baseline.id, {
      kind: 'measured',
      measurements: [
        share(
          'flips',
          floor.changed,
          floor.of,
          trial.confidence,
          'the original against itself, asked again in other batches',
        ),
      ],
    });
    const caveat =
      floor.changed === 0
        ? undefined
        : `the original itself changes ${floor.changed} of ${floor.of} answers when it is asked in other batches`;
    for (const subject of trial.candidates) {
      context.signal.throwIfAborted();
      try {
        const answers = comparing.checked(await trial.predictions(subject), subject.id);
        const after = comparing.right(answers);
        let [changed, harmed, helped] = [0, 0, 0];
        for (const row of trial.examples.keys()) {
          if (!comparing.changed(baseline, answers, row)) continue;
          changed += 1;
          if (before[row] === 1 && after[row] === 0) harmed += 1;
          else if (before[row] === 0 && after[row] === 1) helped += 1;
        }
        const { confidence } = trial;
        const measurements = [share('flips', changed, trial.examples.length, confidence, caveat)];
        if (labelled > 0)
          measurements.push(
            share('harmed', harmed, labelled, confidence),
            share('helped', helped, labelled, confidence),
          );
        outcomes.set(subject.id, { kind: 'measured', measurements });
      } catch (error) {
        if (context.signal.aborted || !isSteelyardError(error)) throw error;
        outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
      }
    }
    return outcomes;
  },
});
