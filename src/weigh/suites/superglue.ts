import type { GoldPlace, SuiteTask } from './types.ts';

const validation = /^(dev|val|validation)\b/;
/** What may follow the split: part numbers and the extension. */
const rest = '[-_.\\d]*(of[-_.\\d]*)?)?\\.(jsonl|csv|parquet)$';
const source = 'Wang et al. 2019, SuperGLUE; the data set cards of its hub copy';

const placesOf = (names: string): readonly GoldPlace[] => [
  { folder: new RegExp(`^(super[-_]?glue[-_]?)?(${names})$`), file: validation },
  {
    folder: /^/,
    file: new RegExp(`^(super[-_]?glue[-_])?(${names})([-_.](dev|val|validation)${rest}`),
  },
];
/** Diagnostic sets are one file, which the hub calls a test split. */
const diagnostic = (names: string): readonly GoldPlace[] => [
  { folder: new RegExp(`^(super[-_]?glue[-_]?)?(${names})$`), file: new RegExp(`^(test|${names})\\b`) },
  { folder: /^/, file: new RegExp(`^(super[-_]?glue[-_])?(${names})([-_.]test${rest}`) },
];

const boolean = ['False', 'True'];
const entails = ['entailment', 'not_entailment'];
const nliText = { text: '{premise}', pair: '{hypothesis}' };
const base = { suite: 'superglue', answer: 'class', split: 'validation', source } as const;

/** The eight tasks of SuperGLUE and its two diagnostic sets. */
export const superglueTasks: readonly SuiteTask[] = [
  {
    ...base,
    id: 'superglue/boolq',
    title: 'Boolean Questions',
    fields: ['question', 'passage'],
    labels: boolean,
    metrics: ['accuracy'],
    rows: 3270,
    text: { text: '{question}', pair: '{passage}' },
    places: placesOf('boolq'),
    aliases: ['boolq'],
  },
  {
    ...base,
    id: 'superglue/cb',
    title: 'CommitmentBank',
    fields: ['premise', 'hypothesis'],
    labels: ['entailment', 'contradiction', 'neutral'],
    metrics: ['accuracy', 'f1-macro'],
    rows: 56,
    text: nliText,
    places: placesOf('cb|commitmentbank'),
    aliases: ['cb', 'commitmentbank'],
    caution: 'with 56 rows one answer is 1.8 points',
  },
  {
    ...base,
    id: 'superglue/copa',
    title: 'Choice of Plausible Alternatives',
    fields: ['premise', 'choice1', 'choice2', 'question'],
    labels: ['choice1', 'choice2'],
    metrics: ['accuracy'],
    rows: 100,
    text: null,
    needs: 'a model that chooses between texts',
    places: placesOf('copa'),
    aliases: ['copa'],
  },
  {
    ...base,
    id: 'superglue/multirc',
    title: 'Multi-Sentence Reading Comprehension',
    fields: ['paragraph', 'question', 'answer'],
    labels: boolean,
    metrics: ['f1a', 'em'],
    rows: 4848,
    cluster: 'question',
    text: { text: '{paragraph}', pair: '{question} {answer}' },
    places: placesOf('multirc'),
    aliases: ['multirc'],
    source: `${source}; Khashabi et al. 2018`,
  },
  {
    ...base,
    id: 'superglue/record',
    title: 'Reading Comprehension with Commonsense Reasoning',
    fields: ['passage', 'query', 'entities'],
    answer: 'text',
    labels: [],
    metrics: ['token-f1', 'em'],
    rows: 10_000,
    cluster: 'passage',
    text: null,
    needs: 'a model that chooses an entity of the passage',
    places: placesOf('record'),
    aliases: ['record'],
    source: `${source}; Zhang et al. 2018, whose script normalizes as SQuAD’s does`,
  },
  {
    ...base,
    id: 'superglue/rte',
    title: 'Recognizing Textual Entailment',
    fields: ['premise', 'hypothesis'],
    labels: entails,
    metrics: ['accuracy'],
    rows: 277,
    text: nliText,
    places: placesOf('rte'),
    aliases: ['rte'],
  },
  {
    ...base,
    id: 'superglue/wic',
    title: 'Words in Context',
    fields: ['word', 'sentence1', 'sentence2', 'start1', 'end1', 'start2', 'end2'],
    labels: boolean,
    metrics: ['accuracy'],
    rows: 638,
    text: { text: '{word}: {sentence1}', pair: '{sentence2}' },
    places: placesOf('wic'),
    aliases: ['wic'],
  },
  {
    ...base,
    id: 'superglue/wsc',
    title: 'Winograd Schema Challenge',
    fields: ['text', 'span1_text', 'span2_text', 'span1_index', 'span2_index'],
    labels: boolean,
    metrics: ['accuracy'],
    rows: 104,
    text: { text: '{text}', pair: '{span2_text}: {span1_text}' },
    places: placesOf('wsc(\\.fixed)?'),
    aliases: ['wsc', 'wscfixed'],
    caution: 'always answering False is right for 65 % of the validation rows',
  },
  {
    ...base,
    id: 'superglue/axb',
    title: 'Broad-coverage diagnostic set',
    fields: ['sentence1', 'sentence2'],
    labels: entails,
    metrics: ['matthews'],
    rows: 1104,
    split: 'test',
    text: { text: '{sentence1}', pair: '{sentence2}' },
    places: diagnostic('ax-?b'),
    aliases: ['axb'],
  },
  {
    ...base,
    id: 'superglue/axg',
    title: 'Winogender diagnostic set',
    fields: ['premise', 'hypothesis'],
    labels: entails,
    metrics: ['accuracy', 'gender-parity'],
    rows: 356,
    split: 'test',
    cluster: 'pair',
    text: nliText,
    places: diagnostic('ax-?g'),
    aliases: ['axg'],
    caution: 'always giving the same answer has a gender parity of 100 %: read it beside the accuracy only',
    source: `${source}; Rudinger et al. 2018`,
  },
];
