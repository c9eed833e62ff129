import type { Dice } from './random.ts';
import { styleStrength, typos, type Style } from './settings.ts';

type Rule = readonly [pattern: RegExp, replacement: string];

const contractions: readonly Rule[] = [
  [/\bcan't\b/gi, 'cannot'],
  [/\bwon't\b/gi, 'will not'],
  [/n't\b/g, ' not'],
  [/\bI'm\b/g, 'I am'],
  [/\bI've\b/g, 'I have'],
  [/\bI'd\b/g, 'I would'],
  [/\bI'll\b/g, 'I will'],
  [/\b([Ii])t's\b/g, '$1t is'],
  [/\b([Tt])hat's\b/g, '$1hat is'],
];

const formal: readonly Rule[] = [
  [/\bI want\b/g, 'I wish'],
  [/\b[Cc]an you\b/g, 'could you'],
  [/\bany more\b/g, 'any longer'],
  [/\ba lot of\b/g, 'much'],
  [/\bPlease\b/g, 'Kindly'],
  [/\bthings\b/g, 'articles'],
  [/\bget\b/g, 'receive'],
  [/\bthanks\b/gi, 'thank you'],
];

const casual: readonly Rule[] = [
  [/\byour\b/gi, 'ur'],
  [/\byou\b/gi, 'u'],
  [/\bplease\b/gi, 'pls'],
  [/\bthank you\b/gi, 'thx'],
  [/\bthanks\b/gi, 'thx'],
  [/\bbecause\b/gi, 'cuz'],
  [/\bI'd like to\b/gi, 'i wanna'],
  [/\bI would like to\b/gi, 'i wanna'],
  [/\bwant to\b/gi, 'wanna'],
  [/\bare you\b/gi, 'r u'],
  [/\bdon't know\b/gi, 'dunno'],
  [/\bI don't\b/gi, 'dont'],
  [/\breally\b/gi, 'rly'],
  [/\bmessage\b/gi, 'msg'],
  [/\btomorrow\b/gi, 'tmrw'],
  [/\bI am\b/gi, 'im'],
  [/\bsomebody\b/gi, 'someone'],
  [/\bwithout\b/gi, 'w/o'],
  [/\babout\b/gi, 'abt'],
];

const learner: readonly Rule[] = [
  [/\b(?:[Hh])ow do I\b/g, 'How I can'],
  [/\b[Ww]here is my\b/g, 'Where it is my'],
  [/\bI'd like to\b/g, 'I want'],
  [/\bI would like to\b/g, 'I would like'],
  [/\bwant to\b/g, 'want'],
  [/\bI'm waiting\b/g, 'I am wait'],
  [/\bI've been waiting\b/g, 'I wait'],
  [/\bfor (an?|two|three|four|five|six|ten|almost|over) (day|week|month)/g, 'since $1 $2'],
  [/\bhaven't\b/g, 'not'],
  [/\bhasn't\b/g, 'is not'],
  [/\bdoesn't\b/g, "don't"],
  [/\bdidn't (\w+)\b/g, "don't $1"],
  [/\bdid not come\b/g, 'did not came'],
  [/\barrived\b/g, 'is arrived'],
  [/\bI ordered\b/g, 'I have order'],
  [/\bI bought\b/g, 'I have buy'],
  [/\bit says\b/gi, 'it say'],
  [/\bworks\b/g, 'work'],
  [/\bneeds\b/g, 'need'],
  [/\bhow many\b/gi, 'how much'],
  [/\bdays\b/g, 'day'],
  [/\bweeks\b/g, 'week'],
  [/\bmonths\b/g, 'month'],
  [/\bwas (charged|declined|told|sent|delivered)\b/g, 'is $1'],
  [/\bbecause\b/gi, 'becouse'],
  [/\baddress\b/g, 'adress'],
  [/\breceived\b/g, 'recieved'],
  [/\baccount\b/g, 'acount'],
  [/\buntil\b/g, 'untill'],
  [/\bwhich\b/gi, 'wich'],
  [/\btomorrow\b/g, 'tomorow'],
  [/\bsince\b/g, 'from'],
  [/\bmy money back\b/g, 'back my money'],
  [/\bto be\b/g, 'be'],
  [/\bCan I\b/g, 'I can'],
  [/\b(is|are) not\b/g, 'not'],
];

/** Apply each rule that fits with the style's strength. */
const apply = (text: string, rules: readonly Rule[], dice: Dice, strength = styleStrength): string =>
  rules.reduce(
    (now, [pattern, by]) => (now.search(pattern) >= 0 && dice.chance(strength) ? now.replace(pattern, by) : now),
    text,
  );

const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

const neighbor = (letter: string, dice: Dice): string => {
  const row = rows.find((one) => one.includes(letter));
  if (row === undefined) return letter;
  const at = row.indexOf(letter);
  return row[at === 0 ? 1 : at === row.length - 1 || dice.chance(0.5) ? at - 1 : at + 1]!;
};

/** One slip of the finger in one word of four letters or more; codes, numbers and addresses stay. */
const slip = (text: string, dice: Dice): string => {
  const words = text.split(' ');
  const long = words.flatMap((word, at) => (/^[a-zA-Z]{4,}[.,?!]?$/.test(word) && !/^[A-Z]{2}/.test(word) ? [at] : []));
  if (long.length === 0) return text;
  const at = dice.pick(long);
  const word = words[at]!;
  const letters = word.replace(/[.,?!]$/, '').length;
  const i = 1 + Math.floor(dice.next() * (letters - 2));
  const kind = dice.pick(['drop', 'neighbor', 'double', 'swap']);
  if (kind === 'drop') words[at] = word.slice(0, i) + word.slice(i + 1);
  else if (kind === 'double') words[at] = word.slice(0, i) + word[i] + word.slice(i);
  else if (kind === 'swap') words[at] = word.slice(0, i) + word[i + 1] + word[i] + word.slice(i + 2);
  else words[at] = word.slice(0, i) + neighbor(word[i]!.toLowerCase(), dice) + word.slice(i + 1);
  return words.join(' ');
};

const dropArticles = (text: string, dice: Dice): string =>
  text.replace(/\b(the|a|an) /g, (article) => (dice.chance(styleStrength * 0.8) ? '' : article));

/** What the style does to words and spelling; greetings come later. */
export const speak = (text: string, style: Style, dice: Dice): string => {
  let now = text;
  if (style === 'formal') {
    now = apply(
      contractions.reduce((rest, [pattern, by]) => rest.replace(pattern, by), now),
      formal,
      dice,
      styleStrength * 0.6,
    );
    now = now.replace(/(^|[.?!] )([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
  } else if (style === 'learner') {
    now = dropArticles(apply(now, learner, dice), dice);
  } else {
    now = apply(now, casual, dice);
    if (dice.chance(0.6)) now = now.replace(/(?<=\w)'(?=\w)/g, '');
    if (dice.chance(0.75)) now = now.toLowerCase();
    if (dice.chance(0.7)) now = now.replace(/\.$/, '');
    if (dice.chance(0.15)) now = now.replace(/\?$/, '??').replace(/!$/, '!!');
    if (dice.chance(0.2)) now = now.replace(/\. /g, ', ');
  }
  if (dice.chance(typos[style])) {
    now = slip(now, dice);
    if (dice.chance(0.4)) now = slip(now, dice);
  }
  return now;
};

const openings: Readonly<Record<Style, readonly string[]>> = {
  casual: ['hey ', 'hi ', 'hi there, ', 'hello ', 'yo ', 'ok so ', 'ugh ', 'hey guys, ', 'omg ', 'so '],
  formal: [
    'Dear Sir or Madam, ',
    'Dear support team, ',
    'Good afternoon. ',
    'Good morning. ',
    'To whom it may concern: ',
    'Dear customer service, ',
  ],
  learner: [
    'Hello, ',
    'Good day, ',
    'Dear support, ',
    'Hello dear team, ',
    'Hi, excuse my English. ',
    'Hello please, ',
  ],
};

const closings: Readonly<Record<Style, readonly string[]>> = {
  casual: [' thx', ' cheers', ' pls help', ' any ideas?', ' thanks!', ' lol', ' help', ' 🙏'],
  formal: [
    ' Kind regards, {name}',
    ' Yours sincerely, {name}',
    ' Thank you in advance.',
    ' I look forward to your reply.',
    ' Best regards, {name}',
    ' Many thanks for your attention.',
  ],
  learner: [
    ' Thank you for help.',
    ' Please answer me soon.',
    ' I wait for your answer.',
    ' Thanks you very much.',
    ' Sorry for my English.',
    ' Best greetings, {name}',
  ],
};

const share: Readonly<Record<Style, readonly [opening: number, closing: number]>> = {
  casual: [0.35, 0.22],
  formal: [0.55, 0.5],
  learner: [0.45, 0.35],
};

/** Greeting and sign-off of the style around a message. May contain the slot `{name}`. */
export const wrap = (text: string, style: Style, dice: Dice): string => {
  const [opening, closing] = share[style];
  const before = dice.chance(opening) ? dice.pick(openings[style]) : '';
  const after = dice.chance(closing) ? dice.pick(closings[style]) : '';
  return `${before}${text}${after}`;
};
