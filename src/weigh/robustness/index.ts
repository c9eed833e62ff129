import { attacks } from './attack/index.ts';
import { checklist } from './checklist/checklist.ts';
import { perturbationsEvaluator } from './perturbations.ts';
import { typos } from './typos.ts';
import { uncommonWords } from './uncommon/uncommon-words.ts';

/** Every evaluator of answers on texts that are not as usual. */
export const robustness = [uncommonWords, typos, perturbationsEvaluator, checklist, attacks] as const;
