import { elementwise } from './elementwise.ts';
import type { Rule, Rules } from './types.ts';

const standard: Rules = { ...elementwise };
const byDomain: Readonly<Record<string, Rules>> = { '': standard };

/** The rule of an operator, or null: then nothing is known about its outputs. */
export const ruleFor = (domain: string, op: string): Rule | null => {
  const rules = Object.hasOwn(byDomain, domain) ? byDomain[domain] : undefined;
  return rules && Object.hasOwn(rules, op) ? (rules[op] ?? null) : null;
};
