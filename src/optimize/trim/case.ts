import type { Context, Model, Tensor } from '../../contracts/index.ts';
import type { Draft } from '../../model/graph/index.ts';
import { byteLengthOf } from '../../model/tensor/index.ts';
import { cutAxis } from './cut.ts';
import type { Frequencies } from './frequency.ts';
import { lossOf, lossText, sizeText, tokenText } from './report.ts';
import type { Cut, Tables } from './tables.ts';
import type { TokenizerFile } from './tokenizer/file.ts';

/** Everything known before anything is decided. */
export interface Case {
  readonly draft: Draft;
  readonly tables: Tables;
  readonly frequencies: Frequencies;
  readonly tokenizer: TokenizerFile | null;
  readonly texts: ReadonlyMap<number, string>;
  /** Special and added tokens and padding: no text. */
  readonly special: ReadonlySet<number>;
}

/** Bytes of a constant. */
export const bytesOf = (tensor: Tensor): number => byteLengthOf(tensor.dtype, tensor.dims);

/** Cut constants and use them in place of the old ones. Answers the bytes saved. */
export const cutAll = async (
  draft: Draft,
  cuts: readonly Cut[],
  entries: readonly number[],
  context: Context,
  extraOf: (name: string) => Promise<Uint8Array | null> = () => Promise.resolve(null),
): Promise<{ readonly before: number; readonly after: number }> => {
  let [before, after] = [0, 0];
  for (const { name, axis } of cuts) {
    const tensor = draft.constant(name)!;
    const cut = await cutAxis(tensor, axis, entries, context, await extraOf(name));
    draft.rename(name, draft.addInitializer(`${name}_kept`, cut));
    before += bytesOf(tensor);
    after += bytesOf(cut);
  }
  return { before, after };
};

/** How many tokens stay, and what that saves, in words. */
export const sizes = (kept: number, rows: number, before: number, after: number): string =>
  `${kept.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')} tokens stay: ${sizeText(before)} of tables become ${sizeText(after)}`;

/** Log a change of all lookups. */
export const note = (one: Case, what: string): void =>
  one.draft.note(
    what,
    one.tables.lookups.map(({ node }) => node),
  );

/** Say what the data loses: what chose the tokens, and what did not. */
export const report = (one: Case, kept: ReadonlySet<number>, rewritten: boolean): void => {
  const { tokenizer, texts, frequencies, special } = one;
  const keeps = (token: string): boolean => kept.has(tokenizer?.model.ids.get(token) ?? -1);
  const reads = (id: number): boolean => {
    const token = texts.get(id);
    return rewritten && tokenizer !== null && token !== undefined && tokenizer.model.reads(token, keeps);
  };
  const text = tokenText(tokenizer, texts);
  const say = (counts: Frequencies['seen'], where: string): void =>
    note(one, lossText(lossOf(counts, kept, special, reads, text), where, rewritten));
  say(frequencies.seen, 'the data that chose the tokens');
  if (frequencies.heldOut !== null) say(frequencies.heldOut, 'the validation data');
};

/** Types that the file states for scores, and for forms of the table, with the new number of tokens. */
export const restated = (
  model: Model,
  scores: ReadonlySet<string>,
  stale: ReadonlySet<string>,
  rows: number,
): Model => {
  const { graph } = model;
  const sized = <T extends { readonly name: string; readonly type: Model['graph']['outputs'][number]['type'] }>(
    value: T,
  ): T =>
    !scores.has(value.name) || value.type?.kind !== 'tensor' || value.type.dims === null
      ? value
      : { ...value, type: { ...value.type, dims: [...value.type.dims.slice(0, -1), rows] } };
  return {
    ...model,
    graph: {
      ...graph,
      outputs: graph.outputs.map(sized),
      values: new Map(
        [...graph.values].filter(([name]) => !stale.has(name)).map(([name, value]) => [name, sized(value)]),
      ),
    },
  };
};
