import { parseOptions, type OptionsSpec } from '../contracts/index.ts';

/** The default options of a technique or evaluator. */
export const defaultsOf = ({ id, options }: { readonly id: string; readonly options: OptionsSpec }): never =>
  parseOptions(id, options) as never;
