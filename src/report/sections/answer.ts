import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import type { Block, Tone } from '../blocks.ts';
import { fixed, show, signed } from '../numbers.ts';
import { promiseText } from '../search/promised.ts';
import { capital, listed, plural } from '../text.ts';
import { baselineId, measurementOf, percentOf, unseenOf, type Version, type View } from '../view.ts';
import { openText } from './gates.ts';
import { labelOf, nounOf, levelText, ratioFigure, ratioPhrase, versusText } from './phrases.ts';

/** Metrics of the headline when the scenario prefers nothing else. */
const usual = ['latency-p50', 'throughput', 'size', 'memory-peak', 'cost'];

interface Change {
  readonly metric: MetricSpec;
  readonly one: Measurement;
}

/** What changed against the original, the preferred metrics first; one row a metric. */
const changesOf = (view: View, version: Version): Change[] => {
  const changes: Change[] = [];
  for (const id of new Set([...view.prefer, ...usual])) {
    const metric = view.metrics.get(id);
    const one = measurementOf(version, id);
    if (metric === undefined || one?.versus?.kind !== 'ratio') continue;
    changes.push({ metric, one });
  }
  return changes;
};

const of1000 = (value: number): string => {
  const count = value * 1000;
  if (count === 0) return 'none';
  if (count < 0.95) return 'fewer than 1';
  return `about ${Math.round(count)}`;
};
const bare = (value: number): string => of1000(value).replace('about ', '');
/** The verb of a number in words: one gets, none and many get. */
const verb = (value: number, one: string, many: string): string => (value > 0 && value * 1000 < 1.5 ? one : many);

/** Changed answers, counted where the accuracy is measured too: on held-back data when there is some. */
interface Flips {
  readonly split: string;
  readonly samples: number;
  readonly value: number;
  /** null: counted, but without an interval. */
  readonly span: { readonly low: number; readonly high: number } | null;
  readonly helped: number | null;
  readonly harmed: number | null;
}

const measuredFlips = (version: Version, split: string): Flips | null => {
  const one = measurementOf(version, 'flips', undefined, split);
  if (one === null) return null;
  // Helped and harmed are shares of the labelled examples; they add up only when all are.
  const side = (id: string): number | null => {
    const measured = measurementOf(version, id, undefined, split);
    return measured === null || measured.samples !== one.samples ? null : measured.value;
  };
  const { value, low, high, samples } = one;
  return { split, samples, value, span: { low, high }, helped: side('helped'), harmed: side('harmed') };
};

const flipsOf = (version: Version): Flips | null => {
  const measured = measuredFlips(version, 'holdback');
  if (measured !== null) return measured;
  const audit = version.audits.find(({ split, of }) => split === 'holdback' && of > 0);
  if (audit === undefined) return measuredFlips(version, 'evaluation');
  const { changed, helped, harmed, of } = audit;
  return { split: 'holdback', samples: of, value: changed / of, span: null, helped: helped / of, harmed: harmed / of };
};

/** "Of 1,000 requests about 4 get a different answer, 2 better, 2 worse." */
const flipSentence = ({ value, samples, helped, harmed }: Flips): string => {
  if (value === 0)
    return `${samples === 1 ? 'The one tested request' : `Every one of the ${plural(samples, 'tested request')}`} gets the same answer as from the original.`;
  if (helped === null || harmed === null)
    return `Of 1,000 requests ${of1000(value)} ${verb(value, 'gets', 'get')} a different answer.`;
  const neither = value - helped - harmed;
  const rest =
    neither * 1000 >= 0.5
      ? ` (${bare(neither)} ${verb(neither, 'changes', 'change')} from one wrong answer to another)`
      : '';
  return `Of 1,000 requests ${of1000(value)} ${verb(value, 'gets', 'get')} a different answer, ${bare(helped)} better, ${bare(harmed)} worse${rest}.`;
};

const gainSentences = (changes: readonly Change[]): string[] => {
  const said = changes.slice(0, 4).map(({ metric, one }) => ratioPhrase(metric, one.versus!));
  const [gains, losses, same] = [true, false, null].map((wanted) =>
    said.filter(({ gain }) => gain === wanted).map(({ text }) => text),
  );
  const sentences: string[] = [];
  if (gains!.length > 0 && losses!.length > 0)
    sentences.push(`It ${listed(gains!)}; on the other hand it ${listed(losses!)}.`);
  else if (gains!.length + losses!.length > 0) sentences.push(`It ${listed([...gains!, ...losses!])}.`);
  if (same!.length > 0) sentences.push(`It ${listed(same!)}, as far as can be measured.`);
  return sentences;
};

const qualitySentence = (view: View, version: Version): string | null => {
  const metric = view.metrics.get('accuracy');
  const found = unseenOf(version, 'accuracy');
  if (metric === undefined || found === null) return null;
  const { one, split } = found;
  const before = measurementOf(view.baseline, 'accuracy', undefined, split);
  if (before === null || one.versus === undefined) return null;
  const [was, is] = [before, one].map((side) => levelText(metric, side.value, one, null));
  const { low, high, value } = one.versus;
  if (was === is && low <= 0 && high >= 0)
    return `Accuracy stays at ${is!}${low === high ? '' : ` (${versusText(metric, one.versus, null)})`}.`;
  const tell = low <= 0 && high >= 0 ? ', a difference that chance alone can explain' : '';
  return `Accuracy ${value > 0 ? 'rises' : 'falls'} from ${was!} to ${is!} (${versusText(metric, one.versus, null)})${tell}.`;
};

/** The label of the figure says it already. */
const isSaid = (metric: MetricSpec): boolean => metric.id === 'size' || labelOf(metric) === capital(nounOf(metric));

const figuresOf = (view: View, version: Version): Block | null => {
  const items = [];
  for (const { metric, one } of changesOf(view, version).slice(0, 3)) {
    const before = measurementOf(view.baseline, metric.id);
    const figure = ratioFigure(metric, one.versus!);
    items.push({
      label: labelOf(metric),
      value: figure.text,
      ...(figure.interval === undefined ? {} : { interval: figure.interval }),
      note:
        before === null
          ? nounOf(metric)
          : `${isSaid(metric) ? '' : `${nounOf(metric)} `}${levelText(metric, one.value, one, view.currency)} instead of ${levelText(metric, before.value, before, view.currency)}`,
    });
  }
  const accuracy = view.metrics.get('accuracy');
  const quality = unseenOf(version, 'accuracy');
  if (accuracy !== undefined && quality?.one.versus?.kind === 'difference') {
    const { value, low, high } = quality.one.versus;
    const shown = show(value * 100, low * 100, high * 100, signed);
    items.push({
      label: 'Right answers',
      value: shown.text,
      unit: 'points',
      ...(shown.interval === undefined ? {} : { interval: shown.interval }),
      note: `accuracy ${levelText(accuracy, quality.one.value, quality.one, null)}, measured on ${splitText(quality.split, quality.one.samples)}`,
    });
  }
  const flips = flipsOf(version);
  if (flips !== null) {
    const { value, span, samples } = flips;
    const few = samples < 1000;
    const scale = few ? samples : 1000;
    const shown = span === null ? null : show(value * scale, span.low * scale, span.high * scale);
    items.push({
      label: 'Changed answers',
      // From fewer than 1,000 examples nothing is said about 1,000.
      value: few ? fixed(value * samples, 0) : value > 0 && value * 1000 < 0.95 ? '<1' : fixed(value * 1000, 0),
      unit: few ? `of ${samples}` : 'of 1,000',
      ...(shown?.interval === undefined ? {} : { interval: shown.interval }),
      note: `requests get another answer; ${splitText(flips.split, samples)} tested`,
    });
  }
  return items.length === 0 ? null : { kind: 'figures', items };
};

/** "2,000 held-back examples" */
const splitText = (split: string, samples: number): string =>
  split === 'holdback' ? plural(samples, 'held-back example') : plural(samples, 'example');

/** The sentences about a version: what the user gains and gives up. */
export const gainsAndLosses = (view: View, version: Version): string[] => {
  const quality = qualitySentence(view, version);
  const flips = flipsOf(version);
  const counted = unseenOf(version, 'accuracy') ?? (flips === null ? null : { one: flips, split: flips.split });
  const where =
    counted === null
      ? null
      : counted.split === 'holdback'
        ? `Answers were counted on ${plural(counted.one.samples, 'example')} held back until the choice was made.`
        : `Answers were counted on ${plural(counted.one.samples, 'example')}.`;
  return [
    ...gainSentences(changesOf(view, version)),
    flips === null ? null : flipSentence(flips),
    quality,
    where,
  ].filter((text) => text !== null);
};

interface Answer {
  readonly tone: Tone;
  readonly title: string;
  readonly short: string;
  readonly text: readonly string[];
}

const answerOf = (view: View): Answer => {
  const { choice, subject } = view;
  if (choice === null)
    return {
      tone: 'undecided',
      title: 'This run is not finished',
      short: 'No decision was written yet. What is below was measured so far.',
      text: ['Run the same command again with --resume: finished steps are kept and not repeated.'],
    };
  if (choice.chosen === baselineId)
    return {
      tone: 'neutral',
      title: 'Keep the original model',
      short: 'No version is both as good as demanded and better in what is preferred.',
      text: [],
    };
  if (choice.chosen === null)
    return {
      tone: subject?.verdict?.verdict === 'undecided' ? 'undecided' : 'fail',
      title:
        subject?.verdict?.verdict === 'undecided'
          ? 'No version is proven to meet every condition: keep the original model for now'
          : 'No version meets every condition: keep the original model',
      short:
        subject === null
          ? 'None of the versions could be held against all conditions.'
          : `The nearest miss is ${subject.id}. What it would bring, and where it falls short:`,
      text: subject === null ? [] : [...gainsAndLosses(view, subject), ...shortfalls(subject)],
    };
  const confirmation = choice.confirmation?.verdict;
  const short =
    confirmation === 'fail'
      ? 'Beware: on the held-back data at least one condition is not met.'
      : confirmation === 'undecided'
        ? 'It meets every condition on the data that chose it; the held-back data is too small to confirm all of them.'
        : confirmation === 'pass'
          ? 'It meets every condition, and this was confirmed on data that no selection saw.'
          : 'It meets every condition.';
  return {
    tone: confirmation === 'fail' ? 'fail' : confirmation === 'undecided' ? 'undecided' : 'pass',
    title: `Deploy ${choice.chosen}`,
    short,
    text: subject === null ? [] : gainsAndLosses(view, subject),
  };
};

const shortfalls = (version: Version): string[] =>
  (version.verdict?.gates ?? [])
    .filter(({ verdict }) => verdict !== 'pass')
    .map((result) => `${result.verdict === 'fail' ? 'Not met' : 'Not proven'}: ${openText(result)}`);

/** (a) The answer first: which version to deploy, what is gained, what is given up, and why this one. */
export const answerSection = (view: View): Block[] => {
  const answer = answerOf(view);
  const blocks: Block[] = [
    { kind: 'heading', level: 1, text: answer.title, kicker: `${view.scenarioName}: which version to deploy` },
    { kind: 'callout', tone: answer.tone, title: answer.short, text: answer.text },
  ];
  const figures = view.subject === null ? null : figuresOf(view, view.subject);
  if (figures !== null) {
    blocks.push(figures, {
      kind: 'paragraph',
      small: true,
      text:
        `Two numbers in brackets are a ${percentOf(view.intervals)} interval: measuring again would mostly land between them. ` +
        'A point is one percentage point, one answer in a hundred. Every comparison is with the original model, on the same requests and the same machine.',
    });
  }
  const unreliable = view.subject === null ? [] : unreliableOf(view, view.subject);
  if (unreliable.length > 0)
    blocks.push({ kind: 'callout', tone: 'undecided', title: 'Some measurements are not reliable', text: unreliable });
  const promise = view.choice === null ? null : promiseText(view);
  const why = [...(view.choice?.why ?? []), ...(promise === null ? [] : [promise])];
  if (why.length > 0)
    blocks.push({ kind: 'heading', level: 2, text: 'Why' }, { kind: 'list', items: why.map(capital) });
  return blocks;
};

/** What evaluators say against their own numbers, once for all metrics that share it. */
const unreliableOf = (view: View, version: Version): string[] => {
  const found = new Map<string, Set<string>>();
  for (const { metric: id, caveat } of version.measured.get('evaluation') ?? []) {
    if (caveat?.startsWith('unreliable') !== true) continue;
    const why = caveat.split('; ')[0]!;
    const metric = view.metrics.get(id);
    found.set(why, (found.get(why) ?? new Set<string>()).add(metric === undefined ? id : nounOf(metric)));
  }
  if (found.size === 0) return [];
  return [
    ...[...found].map(([why, names]) => `${capital(listed([...names]))}: ${why.replace(/[.!]?$/, '.')}`),
    'Measure again on a quieter machine before you rely on these numbers.',
  ];
};

/** One line for a log or a page title: "answers 2.9× faster [2.7, 3.1], …". */
export const summaryOf = (view: View): string => {
  const { title, short, text } = answerOf(view);
  return [title, short, ...text].map((part) => part.replace(/[.:]?$/, '')).join('. ') + '.';
};
