import {
  defineEvaluator,
  isSteelyardError,
  type Context,
  type Options,
  type Subject,
  type SubjectOutcome,
  type Trial,
} from '../../../contracts/index.ts';
import { answersOf, truthOf } from '../../quality/answers.ts';
import { nothing } from '../everyone.ts';
import { armed, attacksNamed, type Arms } from './arms.ts';
import { attackVersion, only, openVersion, replay, textOf, type Broken, type Finds } from './campaign.ts';
import { exhibitsOf } from './examples.ts';
import { recipes } from './recipes/index.ts';
import type { Column } from './places.ts';
import type { Setting } from './search.ts';
import { summarize, type Siege } from './summary.ts';
import type { Item } from './types.ts';

const options = {
  attacks: {
    kind: 'names',
    default: ['deepwordbug', 'textbugger', 'pruthi', 'homoglyphs', 'hotflip', 'input-reduction'],
    description: `Which attacks: of ${recipes.map(({ id }) => id).join(', ')}.`,
  },
  examples: {
    kind: 'integer',
    default: 100,
    min: 5,
    max: 100_000,
    description: 'Examples drawn by seed; those that a version answers wrongly before any attack are skipped.',
  },
  maxQueries: {
    kind: 'integer',
    default: 500,
    min: 5,
    max: 1_000_000,
    description: 'Distinct texts that one attack may ask a version about for one example, the original included.',
  },
  maxShare: {
    kind: 'number',
    default: 1,
    min: 0.05,
    max: 1,
    description: 'Largest share of words that any attack may change; one word may always change.',
  },
  column: {
    kind: 'choice',
    choices: ['recipe', 'both', 'text', 'pair'],
    default: 'recipe',
    description:
      'Which text of a pair may change: as each attack’s recipe says, both, the first (text) or the second (pair).',
  },
  neighbors: {
    kind: 'text',
    default: '',
    description:
      'JSON file of the words that may stand for a word, {"good": ["fine"]}; without it, neighbors are looked for in the original’s word embeddings.',
  },
  cosine: {
    kind: 'number',
    default: 0.5,
    min: 0,
    max: 1,
    description: 'Least cosine of two words’ embeddings to count as neighbors.',
  },
  flipCosine: {
    kind: 'number',
    default: -1,
    min: -1,
    max: 1,
    description:
      'Least cosine of a word and its replacement in hotflip; −1 lets any word stand for any, whatever it means (published: 0.8).',
  },
} as const;

/** Rows with a text and a right answer, drawn by seed, in the order of the data. */
const draw = (trial: Trial, truth: Int32Array, count: number, context: Context): readonly number[] => {
  const rows = [...truth.keys()].filter((row) => truth[row]! >= 0 && trial.examples[row]!.text !== undefined);
  return context
    .random('robustness/attacks')
    .shuffle(rows)
    .slice(0, count)
    .toSorted((a, b) => a - b);
};

interface Besieged {
  readonly finds: Finds;
  readonly adaptive: Broken;
  readonly notes: readonly string[];
}

const empty: Broken = new Map();

/** Everything that one evaluation knows. */
interface Plan {
  readonly trial: Trial;
  readonly truth: Int32Array;
  readonly rows: readonly number[];
  readonly arms: Arms;
  readonly setting: Setting;
  readonly context: Context;
}

const itemsOf = ({ trial, truth }: Plan, rows: readonly number[]): readonly Item[] =>
  rows.map((row) => {
    const example = trial.examples[row]!;
    return { id: example.id, text: textOf(example), label: truth[row]! };
  });

/** Attack a version on these rows, and ask it again about what was found, as production would. */
const besiege = async (plan: Plan, subject: Subject, rows: readonly number[]): Promise<Besieged> => {
  const { trial, arms, setting, context } = plan;
  const items = itemsOf(plan, rows);
  const opened = await openVersion(subject, trial, plan.rows, context);
  let finds: Finds;
  try {
    const classes = trial.task.labels.length;
    finds = await attackVersion(opened, arms.attacks, items, setting, arms.propose, classes, subject.id, context);
  } finally {
    await opened.close();
  }
  const adverse = new Map(
    [...finds].filter(([id]) => arms.attacks.find((one) => one.id === id)!.search.kind !== 'reduce'),
  );
  const adaptive = await replay(adverse, items, subject, trial);
  const claimed = [...adverse.values()].flat().filter(({ state }) => state === 'succeeded').length;
  const held = [...adaptive.values()].flat().filter(Boolean).length;
  const dependent =
    opened.dependent && trial.batchSize > 1
      ? ['its answers depend on what else is in their batch, so another set of examples may give other texts']
      : [];
  const lost =
    held < claimed
      ? [`${claimed - held} of ${claimed} texts that succeeded did not when they were asked again, and count as failed`]
      : [];
  return { finds, adaptive, notes: [...arms.notes, ...dependent, ...lost] };
};

const siegeOf = (plan: Plan, own: Besieged, rows: readonly number[], transfer: Broken, others: Broken): Siege => {
  const kept = new Set(rows);
  return {
    ...own,
    items: rows.length,
    skipped: plan.rows.filter((row) => !kept.has(row)).map((row) => plan.trial.examples[row]!.id),
    transfer,
    others,
  };
};

/** The searched texts of attacks that aim at the answer. */
const adverseFinds = ({ finds, adaptive }: Besieged): Finds => new Map([...finds].filter(([id]) => adaptive.has(id)));

/** Accuracy under attack, found on the version itself (adaptive) and on the original (transfer), on the items that both answer rightly.
 *  Every text that counts was asked again as production asks. Randomness is per attack, item and word, so versions meet the same
 *  misspellings. The budget is counted in queries, never in time. Versions with no such item have no numbers.
 *  Errors: `usage/option`, `robustness/neighbors`, `task/labels`, `quality/rows`, `runtime/…` of the original. */
export const attacks = defineEvaluator({
  id: 'robustness/attacks',
  version: 1,
  title: 'Attacks on the text',
  source: 'Morris et al. 2020 (TextAttack); each attack names its own paper',
  metrics: [
    {
      id: 'accuracy-under-attack',
      title: 'Accuracy under attack',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition:
        'Of the drawn examples that this version and the original answer rightly, the share whose answer stays right under the attack made against this version (failed ÷ (failed + succeeded), TextAttack); without a slice: under all attacks. hotflip takes its proposals from the original’s gradients for every version and each version’s own scores for what it keeps.',
    },
    {
      id: 'transfer-accuracy',
      title: 'Accuracy under the original’s attack',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition:
        'The same examples, with the texts that broke the original asked of this version; where no attack broke the original, there is no such text and the answer stays right.',
    },
    {
      id: 'robust-accuracy-best-known',
      title: 'Robust accuracy, best known',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition:
        'Share of the same examples that no text broke, neither those found on this version nor those found on the original; the original is compared under its own texts and this version’s (minimum over attacks per item, RobustBench).',
    },
    {
      id: 'attack-queries',
      title: 'Queries of an attack',
      noun: 'number of queries of an attack',
      unit: 'count',
      better: 'neither',
      versus: 'difference',
      definition:
        'Mean number of distinct texts that an attack asks the version about per example, the original included (TextAttack).',
    },
    {
      id: 'words-changed',
      title: 'Words changed',
      noun: 'share of words changed',
      found: '{} of the words were changed',
      unit: 'proportion',
      better: 'neither',
      versus: 'none',
      definition:
        'Mean share of words that successful attacks changed (TextAttack’s average of the same name is the length of the input).',
    },
    {
      id: 'words-left',
      title: 'Words left by input reduction',
      noun: 'number of words left by input reduction',
      unit: 'count',
      better: 'neither',
      versus: 'difference',
      definition:
        'Mean number of words that remain when words are removed while the answer stays the same (Feng et al. 2018).',
    },
  ],
  options,
  needs: { dataset: 'labelled', alone: false, answers: 'classes', files: ['neighbors'] },
  when: 'asked',
  costly: true,
  async evaluate(trial: Trial, given: Options<typeof options>, context: Context) {
    context.signal.throwIfAborted();
    const named = attacksNamed(given.attacks);
    const truth = truthOf(trial);
    const rows = draw(trial, truth, given.examples, context);
    if (rows.length === 0)
      return nothing(
        trial,
        context,
        'robustness/attacks: no example has a text and a right answer, so nothing is attacked',
      );
    const answers = async (subject: Subject): Promise<Int32Array> =>
      answersOf(await trial.predictions(subject), trial.examples, subject.id).predicted;
    const first = await answers(trial.baseline);
    const right = rows.filter((row) => first[row] === truth[row]);
    const setting: Omit<Setting, 'neighbors'> = {
      maxQueries: given.maxQueries,
      maxShare: given.maxShare,
      column: given.column as Column,
      random: (label) => context.random(label),
    };
    const probe: Plan = {
      trial,
      truth,
      rows,
      arms: { attacks: [], neighbors: () => [], propose: null, notes: [], close: () => Promise.resolve() },
      setting: { ...setting, neighbors: () => [] },
      context,
    };
    const arms = await armed(named, itemsOf(probe, right), trial, given);
    for (const note of arms.notes) context.log('info', `robustness/attacks: ${note}`);
    const plan: Plan = { ...probe, arms, setting: { ...setting, neighbors: arms.neighbors } };
    const summary = { confidence: trial.confidence, maxQueries: given.maxQueries, context };
    const outcomes = new Map<string, SubjectOutcome>([[trial.baseline.id, { kind: 'measured', measurements: [] }]]);
    try {
      const original = await besiege(plan, trial.baseline, right);
      const foundElsewhere = new Map<string, boolean[]>(
        [...original.adaptive].map(([id, broken]) => [id, broken.map(() => false)]),
      );
      for (const subject of trial.candidates) {
        context.signal.throwIfAborted();
        try {
          const own = await answers(subject);
          // Places of the common items among those of the original.
          const common = [...right.keys()].filter((at) => own[right[at]!] === truth[right[at]!]);
          const both = common.map((at) => right[at]!);
          const items = itemsOf(plan, both);
          const version = await besiege(plan, subject, both);
          const transfer = await replay(only(adverseFinds(original), common), items, subject, trial);
          const back = await replay(adverseFinds(version), items, trial.baseline, trial);
          for (const [id, broken] of back)
            for (const [at, one] of broken.entries()) if (one) foundElsewhere.get(id)![common[at]!] = true;
          const originalThere: Besieged = {
            finds: only(original.finds, common),
            adaptive: only(original.adaptive, common),
            notes: [],
          };
          const before = siegeOf(plan, originalThere, both, originalThere.adaptive, back);
          const after = siegeOf(plan, version, both, transfer, empty);
          const exhibits = exhibitsOf(adverseFinds(version), version.adaptive, items, trial.task.labels);
          outcomes.set(subject.id, {
            kind: 'measured',
            measurements: summarize(after, before, summary),
            ...(exhibits.length === 0 ? {} : { exhibits }),
          });
        } catch (error) {
          if (context.signal.aborted || !isSteelyardError(error)) throw error;
          outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
        }
      }
      const alone = siegeOf(plan, original, right, original.adaptive, foundElsewhere);
      outcomes.set(trial.baseline.id, { kind: 'measured', measurements: summarize(alone, null, summary) });
      return outcomes;
    } finally {
      await arms.close();
    }
  },
});
