import type { GoldPlace, SuiteTask } from './types.ts';

const validation = /^(dev|val|validation)\b/;
/** "sst2.tsv", "sst2-validation-00000-of-00001.parquet", never a training file. */
const ending = '([-_.](dev|val|validation)[-_.\\d]*(of[-_.\\d]*)?)?\\.(tsv|csv|jsonl|parquet)$';
const source = 'Wang et al. 2019, GLUE; the data set cards of its hub copy';

/** The usual places: a folder of the task's own with a development file, or one file that names the task. */
const placesOf = (names: string): readonly GoldPlace[] => [
  { folder: new RegExp(`^(glue[-_]?)?(${names})$`), file: validation },
  { folder: /^/, file: new RegExp(`^(glue[-_])?(${names})${ending}`) },
];

const nli = ['entailment', 'neutral', 'contradiction'];
const pairTsv = (label: string) => ({
  fields: { sentence1: 'sentence1', sentence2: 'sentence2' },
  label,
});
const sentences = ['sentence1', 'sentence2'];
const pair = { text: '{sentence1}', pair: '{sentence2}' };

const base = { suite: 'glue', answer: 'class', split: 'validation', source } as const;
const mnli = {
  ...base,
  fields: ['premise', 'hypothesis'],
  labels: nli,
  metrics: ['accuracy'],
  text: { text: '{premise}', pair: '{hypothesis}' },
  tsv: [{ fields: { premise: 'sentence1', hypothesis: 'sentence2' }, label: 'gold_label' }],
  caution:
    'many models have contradiction, entailment, neutral as their own order: give names, or --labels with that order',
} as const;

/** The tasks of GLUE as its authors and the hub's copy define them. MNLI counts as two, matched and mismatched, whose scores are averaged. */
export const glueTasks: readonly SuiteTask[] = [
  {
    ...base,
    id: 'glue/cola',
    title: 'Corpus of Linguistic Acceptability',
    fields: ['sentence'],
    labels: ['unacceptable', 'acceptable'],
    metrics: ['matthews'],
    rows: 1043,
    text: { text: '{sentence}' },
    // Four columns without a header: source, label, the author's mark, sentence.
    tsv: [{ fields: { sentence: 3 }, label: 1 }],
    places: placesOf('cola'),
    aliases: ['cola'],
  },
  {
    ...base,
    id: 'glue/sst2',
    title: 'Stanford Sentiment Treebank',
    fields: ['sentence'],
    labels: ['negative', 'positive'],
    metrics: ['accuracy'],
    rows: 872,
    text: { text: '{sentence}' },
    tsv: [{ fields: { sentence: 'sentence' }, label: 'label' }],
    places: placesOf('sst-?2|sst'),
    aliases: ['sst2', 'sst'],
  },
  {
    ...base,
    id: 'glue/mrpc',
    title: 'Microsoft Research Paraphrase Corpus',
    fields: sentences,
    labels: ['not_equivalent', 'equivalent'],
    metrics: ['accuracy', 'f1'],
    rows: 408,
    text: pair,
    tsv: [{ fields: { sentence1: '#1 String', sentence2: '#2 String' }, label: 'Quality' }],
    places: placesOf('mrpc'),
    aliases: ['mrpc'],
  },
  {
    ...base,
    id: 'glue/qqp',
    title: 'Quora Question Pairs',
    fields: ['question1', 'question2'],
    labels: ['not_duplicate', 'duplicate'],
    metrics: ['accuracy', 'f1'],
    rows: 40_430,
    text: { text: '{question1}', pair: '{question2}' },
    tsv: [{ fields: { question1: 'question1', question2: 'question2' }, label: 'is_duplicate' }],
    places: placesOf('qqp'),
    aliases: ['qqp'],
  },
  {
    ...base,
    id: 'glue/stsb',
    title: 'Semantic Textual Similarity Benchmark',
    fields: sentences,
    answer: 'score',
    labels: [],
    range: [0, 5],
    metrics: ['pearson', 'spearman'],
    rows: 1500,
    text: null,
    needs: 'a model that answers with a number, not with a class',
    tsv: [pairTsv('score')],
    places: placesOf('sts-?b|sts'),
    aliases: ['stsb', 'sts'],
  },
  {
    ...mnli,
    id: 'glue/mnli',
    title: 'Multi-Genre Natural Language Inference, matched',
    rows: 9815,
    places: [
      { folder: /^(glue[-_]?)?mnli([-_]?m(atched)?)?$/, file: /^(dev|val|validation)_matched\b/ },
      { folder: /^(glue[-_]?)?mnli[-_]?(m|matched)$/, file: validation },
      { folder: /^/, file: /^(glue[-_])?mnli([-_](m|matched))?\.(tsv|csv|jsonl|parquet)$/ },
    ],
    aliases: ['mnli', 'mnlim', 'mnlimatched'],
  },
  {
    ...mnli,
    id: 'glue/mnli-mm',
    title: 'Multi-Genre Natural Language Inference, mismatched',
    rows: 9832,
    places: [
      { folder: /^(glue[-_]?)?mnli([-_]?m(is)?m(atched)?)?$/, file: /^(dev|val|validation)_mismatched\b/ },
      { folder: /^(glue[-_]?)?mnli[-_]?(mm|mismatched)$/, file: validation },
      { folder: /^/, file: /^(glue[-_])?mnli[-_](mm|mismatched)\.(tsv|csv|jsonl|parquet)$/ },
    ],
    aliases: ['mnlimm', 'mnlimismatched'],
  },
  {
    ...base,
    id: 'glue/qnli',
    title: 'Question-answering Natural Language Inference',
    fields: ['question', 'sentence'],
    labels: ['entailment', 'not_entailment'],
    metrics: ['accuracy'],
    rows: 5463,
    text: { text: '{question}', pair: '{sentence}' },
    tsv: [{ fields: { question: 'question', sentence: 'sentence' }, label: 'label' }],
    places: placesOf('qnli'),
    aliases: ['qnli'],
  },
  {
    ...base,
    id: 'glue/rte',
    title: 'Recognizing Textual Entailment',
    fields: sentences,
    labels: ['entailment', 'not_entailment'],
    metrics: ['accuracy'],
    rows: 277,
    text: pair,
    tsv: [pairTsv('label')],
    places: placesOf('rte'),
    aliases: ['rte'],
  },
  {
    ...base,
    id: 'glue/wnli',
    title: 'Winograd Natural Language Inference',
    fields: sentences,
    // The other way round than RTE.
    labels: ['not_entailment', 'entailment'],
    metrics: ['accuracy'],
    rows: 71,
    text: pair,
    tsv: [pairTsv('label')],
    places: placesOf('wnli'),
    aliases: ['wnli'],
    caution:
      'the development rows repeat sentences of the training rows with the other label: a model that learned those by heart is right far less often than by chance',
  },
  {
    ...mnli,
    id: 'glue/ax',
    title: 'GLUE diagnostic set',
    metrics: ['matthews'],
    rows: 1104,
    split: 'test',
    tsv: [
      { fields: { premise: 'Premise', hypothesis: 'Hypothesis' }, label: 'Label' },
      // The copy without right answers.
      { fields: { premise: 'sentence1', hypothesis: 'sentence2' }, label: 'gold_label' },
    ],
    places: [
      { folder: /^/, file: /^diagnostic[-_]full\b/ },
      { folder: /^(glue[-_]?)?ax$/, file: /^(test|ax)\b/ },
    ],
    aliases: ['ax', 'diagnostic', 'diagnosticfull'],
    source: `${source}; three-class Matthews correlation (Gorodkin 2004)`,
  },
];
