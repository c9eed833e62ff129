import type { Node } from '../../../contracts/index.ts';
import { elementwiseRules } from './elementwise.ts';
import { fusedRules } from './fused.ts';
import { imageRules } from './images.ts';
import { layoutRules } from './layout.ts';
import { linearRules } from './linear.ts';
import type { Rule } from './types.ts';

/** By operator as the text form writes it. */
const rules: ReadonlyMap<string, Rule> = new Map(
  [elementwiseRules, layoutRules, linearRules, imageRules, fusedRules].flatMap((one) => Object.entries(one)),
);

/** How a cut runs through an operator; undefined: nobody knows. */
export const ruleFor = ({ domain, op }: Node): Rule | undefined => rules.get(domain === '' ? op : `${domain}.${op}`);
