import { neighborsOf, type Layout } from './keyboard.ts';
import { definePerturbation, strengthOf } from './types.ts';

const typoOn = (layout: Layout, id: string) => {
  const neighbors = neighborsOf(layout);
  return definePerturbation({
    id,
    title: `Neighboring keys of a ${layout.toUpperCase()} keyboard`,
    source: 'HELM (TyposPerturbation): probability 0.01 a letter in robustness_all, 0.1 to 0.5 in its sweeps',
    options: strengthOf(0.01, 'a letter becomes one of the keys that touch it; its case stays'),
    meaning: 'kept',
    apply: (text, { strength }, random) =>
      text.replace(/\p{L}/gu, (letter) => {
        const near = neighbors.get(letter.toLowerCase());
        if (near === undefined || random.next() >= strength) return letter;
        const hit = near[random.integer(near.length)]!;
        return letter === letter.toLowerCase() ? hit : hit.toUpperCase();
      }),
  });
};

/** A letter becomes a neighbor on the keyboard, case kept. Letters that the layout does not have stay. */
export const typo = typoOn('qwerty', 'typo');
export const typoQwertz = typoOn('qwertz', 'typo-qwertz');
export const typoAzerty = typoOn('azerty', 'typo-azerty');
