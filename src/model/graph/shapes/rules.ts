import { elementwise } from './elementwise.ts';
import { layers } from './layers.ts';
import { layout } from './layout.ts';
import { linear } from './linear.ts';
import { making } from './making.ts';
import { microsoft } from './microsoft.ts';
import { quantized } from './quantized.ts';
import { selection } from './selection.ts';
import type { Rule, Rules } from './types.ts';

const standard: Rules = {
  ...elementwise,
  ...layers,
  ...layout,
  ...linear,
  ...making,
  ...quantized,
  ...selection,
};
const byDomain: Readonly<Record<string, Rules>> = { '': standard, 'com.microsoft': microsoft };

/** The rule of an operator, or null: then nothing is known about its outputs. */
export const ruleFor = (domain: string, op: string): Rule | null => {
  const rules = Object.hasOwn(byDomain, domain) ? byDomain[domain] : undefined;
  return rules && Object.hasOwn(rules, op) ? (rules[op] ?? null) : null;
};
