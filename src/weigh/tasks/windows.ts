import { SteelyardError, type Example } from '../../contracts/index.ts';
import { offsetsOf, type Offset } from './offsets.ts';
import type { Encoded, TextTokenizer } from './tokenizer.ts';

/** A question with as much of its text as the model takes. */
export interface Window extends Encoded {
  /** Where the text's tokens start in the row, and which characters each stands for. */
  readonly first: number;
  readonly offsets: readonly Offset[];
}

/** Cut a long text into windows of equal length that share `stride` tokens; each stands behind the whole question. A stride of more than half a
 *  window is taken as half of it. Errors: `task/input` without question or text, `task/tokenizer` when the question leaves no room.
 *  Source: the sliding windows of BERT's SQuAD reader (Devlin et al. 2019); stride as the overlap, as Hugging Face counts it. */
export const windowsOf = (
  { id, text, pair }: Example,
  tokenizer: TextTokenizer,
  maxLength: number,
  stride: number,
  unknown: string | null,
): readonly Window[] => {
  if (text === undefined || pair === undefined)
    throw new SteelyardError(
      'task/input',
      `example ${id} has no ${text === undefined ? 'question' : 'text that holds the answer'}`,
      'map the columns: data.columns.question and data.columns.context',
    );
  const question = tokenizer.split(text).ids;
  const context = tokenizer.split(pair);
  const offsets = offsetsOf(pair, context.tokens, tokenizer.marks, unknown);
  const most = maxLength - tokenizer.specials(true);
  // A question of the whole length leaves nothing to look for an answer in.
  const asked = question.slice(0, Math.max(1, Math.floor(most / 2)));
  const room = most - asked.length;
  if (room < 1)
    throw new SteelyardError(
      'task/tokenizer',
      `a maximum of ${maxLength} tokens leaves no room for text beside the question`,
      'raise task.max-length',
    );
  const step = room - Math.min(stride, Math.floor(room / 2));
  const windows: Window[] = [];
  for (let from = 0; from === 0 || from + room - step < context.ids.length; from += step) {
    const { ids, types, starts } = tokenizer.assemble(asked, context.ids.slice(from, from + room));
    windows.push({
      ids,
      types,
      truncated: asked.length < question.length,
      first: starts[1],
      offsets: offsets.slice(from, from + room),
    });
  }
  return windows;
};
