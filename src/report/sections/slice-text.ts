/** Ways to disturb a text, as people call them. */
const kinds: Readonly<Record<string, string>> = {
  typo: 'typing errors',
  misspelling: 'common misspellings',
  swap: 'swapped letters',
  delete: 'missing letters',
  double: 'doubled letters',
  'lower-case': 'lower case',
  'upper-case': 'upper case',
  'title-case': 'title case',
  'random-case': 'random case',
  contraction: 'contractions',
  expansion: 'expanded contractions',
  'no-diacritics': 'no accents',
  'extra-space': 'extra spaces',
  whitespace: 'odd white space',
  filler: 'filler words',
  homoglyph: 'look-alike characters',
  invisible: 'invisible characters',
  truncated: 'cut texts',
  'long-before': 'long text before',
  'long-after': 'long text after',
  'mild-mix': 'mild mix',
  'negation-added': 'negation added',
  'negation-removed': 'negation removed',
  ocr: 'scanning errors',
  'punctuation-added': 'punctuation added',
  'punctuation-removed': 'punctuation removed',
  slang: 'slang',
  sms: 'SMS style',
  numbers: 'other numbers',
  names: 'other names',
  places: 'other places',
  synonym: 'synonyms',
  dialect: 'dialect',
  pronouns: 'other pronouns',
};

/** Attacks as their authors write them. */
const attacks: Readonly<Record<string, string>> = {
  deepwordbug: 'DeepWordBug',
  textfooler: 'TextFooler',
  textbugger: 'TextBugger',
  pwws: 'PWWS',
  pruthi: 'Pruthi',
  hotflip: 'HotFlip',
  'input-reduction': 'input reduction',
  'invisible-characters': 'invisible characters',
};

/** An attack's name. */
export const attackText = (id: string): string => attacks[id] ?? id;

const everyOf = (metric: string): string => {
  if (/attack|best-known|^words-/.test(metric)) return 'every attack';
  if (metric.startsWith('checklist')) return 'every test';
  if (/^(typo|robust|consistency|counterfactual)/.test(metric)) return 'every kind';
  return 'every group';
};

/** A subset of the data in words: "style=casual" → "style = casual", "kind=typo" → "typing errors". "*", every one of
 *  them, is called by what the metric has subsets of. */
export const sliceText = (slice: string, metric = ''): string => {
  if (slice === '*') return everyOf(metric);
  const at = slice.indexOf('=');
  if (at < 0) return slice;
  const [what, value] = [slice.slice(0, at), slice.slice(at + 1)];
  switch (what) {
    case 'kind':
      return kinds[value] ?? value;
    case 'attack':
      return `attack ${attackText(value)}`;
    case 'test':
      return `test “${value}”`;
    case 'call':
      return `call ${value} of a new process`;
    case 'groups':
      return `by ${value}`;
    case 'kept':
      return `${value} of usual texts kept`;
    case 'fertility':
      return `${value} by subwords per word`;
    case 'unseen':
      return `${value} by unseen words`;
    case 'word-rank':
      return `${value} by rarity of words`;
    default:
      return `${what} = ${value}`;
  }
};
