import { definePerturbation, strengthOf } from './types.ts';

const fillers = [
  'um',
  'uh',
  'er',
  'like',
  'well',
  'you know',
  'I mean',
  'actually',
  'basically',
  'honestly',
  'sort of',
];

/** Words that people say while they think, before any word but the first. */
export const filler = definePerturbation({
  id: 'filler',
  title: 'Filler words',
  source: 'HELM (FillerWordsPerturbation): probability 0.1 in robustness_all, 0.3 in its sweep',
  options: strengthOf(0.1, 'a filler stands before a word'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    text.replace(/(?<=\S)(\s+)(?=\S)/gu, (space) =>
      random.next() < strength ? `${space}${fillers[random.integer(fillers.length)]!} ` : space,
    ),
});
