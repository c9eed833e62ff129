import {
  SteelyardError,
  type Example,
  type Span,
  type Task,
  type TaskSettings,
  type ValueInfo,
} from '../../contracts/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { judgeSpans } from './judging/index.ts';
import { readRows } from './scores.ts';
import type { TextTaskParts } from './text-reader.ts';
import { textRows } from './text-rows.ts';
import { windowsOf, type Window } from './windows.ts';

/** The outputs that score where an answer starts and ends. Errors: `task/output`. */
export const spanOutputs = (outputs: readonly ValueInfo[]): readonly [start: string, end: string] => {
  const names = outputs.map(({ name }) => name);
  const start = names.find((name) => /start/i.test(name)) ?? names[0];
  const end = names.find((name) => /end/i.test(name)) ?? names[1];
  if (start === undefined || end === undefined || start === end)
    throw new SteelyardError(
      'task/output',
      `question-answering needs an output with start scores and one with end scores; the model has: ${names.join(', ')}`,
      'export the model with its question-answering head',
    );
  return [start, end];
};

interface Best {
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

/** The best piece of one window's text. Source: Devlin et al. 2019, §4.2: start plus end score, end not before start. */
const bestOf = ({ first, offsets }: Window, scores: Float32Array, shift: number, longest: number): Best | null => {
  const size = scores.length / 2;
  let best: Best | null = null;
  for (const [from, { start }] of offsets.entries()) {
    const score = scores[shift + first + from]!;
    for (let to = from; to < Math.min(offsets.length, from + longest); to++) {
      const sum = score + scores[size + shift + first + to]!;
      if (best === null || sum > best.score) best = { score: sum, start, end: Math.max(start, offsets[to]!.end) };
    }
  }
  return best;
};

const none = new Float32Array(0);

/** A question and a text in, the piece of the text that answers it out. Long texts are read in overlapping windows; the best piece of all of them
 *  is the answer, or none where "no answer" (the first token's scores, least over the windows) beats it by more than the threshold.
 *  Shapes: two outputs [rows, tokens]. Errors: `task/input`, `task/tokenizer`, `task/output`, `task/not-finite`.
 *  Source: Devlin et al. 2019, §4.2–4.3. */
export const questionAnswering = (
  parts: Omit<TextTaskParts, 'labels' | 'output'> & { readonly outputs: readonly [start: string, end: string] },
  { docStride = 128, maxAnswerLength = 30, noAnswerThreshold }: TaskSettings = {},
): Task => {
  const { tokenizer, outputs } = parts;
  const { unknownToken } = tokenizer.vocabulary;
  const unknown = unknownToken === null ? null : tokenizer.tokenOf(unknownToken);
  const windows = new WeakMap<Example, readonly Window[]>();
  const pieces = new WeakMap<Example, readonly Example[]>();
  const read = (example: Example, maxLength: number): readonly Window[] => {
    const made = windows.get(example) ?? windowsOf(example, tokenizer, maxLength, docStride, unknown);
    windows.set(example, made);
    return made;
  };
  const { reader, rows, text, bucket, encode } = textRows(parts, 'question-answering', read);
  const windowsFor = (example: Example): readonly Window[] => rows(example) as readonly Window[];
  return {
    id: 'question-answering',
    answers: 'span',
    labels: [],
    fingerprint: fingerprintOf([
      'question-answering',
      1,
      tokenizer.digest,
      reader.maxLength,
      outputs,
      reader.slots,
      tokenizer.padId,
      tokenizer.padLeft,
      docStride,
      maxAnswerLength,
      noAnswerThreshold ?? null,
    ]),
    bucket: bucket!,
    text,
    encode,
    parts(example) {
      const before = pieces.get(example);
      if (before !== undefined) return before;
      const made = windowsFor(example).map((window, at): Example => {
        const part: Example = { id: `${example.id} (window ${at + 1})`, label: null, groups: {} };
        windows.set(part, [window]);
        return part;
      });
      pieces.set(example, made);
      return made;
    },
    decode(result, count) {
      const [start, end] = outputs.map(
        (name) => readRows(result, name, count, { axes: [2], what: 'one score per token' }).data,
      );
      if (start!.length !== end!.length)
        throw new SteelyardError('task/output', `outputs "${outputs[0]}" and "${outputs[1]}" differ in shape`);
      const size = start!.length / count;
      const both = new Float32Array(count * 2 * size);
      for (let row = 0; row < count; row++) {
        both.set(start!.subarray(row * size, (row + 1) * size), row * 2 * size);
        both.set(end!.subarray(row * size, (row + 1) * size), (row * 2 + 1) * size);
      }
      return both;
    },
    answer(example, scores) {
      let best: Best | null = null;
      let nothing = Number.POSITIVE_INFINITY;
      for (const [at, window] of windowsFor(example).entries()) {
        const own = scores[at]!;
        const size = own.length / 2;
        const shift = reader.start(window, size);
        nothing = Math.min(nothing, own[shift]! + own[size + shift]!);
        const found = bestOf(window, own, shift, maxAnswerLength);
        if (found !== null && (best === null || found.score > best.score)) best = found;
      }
      const given = best !== null && !(noAnswerThreshold !== undefined && nothing - best.score > noAnswerThreshold);
      const span: Span = given
        ? {
            text: example.pair!.slice(best!.start, best!.end),
            start: best!.start,
            end: best!.end,
            score: best!.score,
            none: nothing,
          }
        : { text: '', start: 0, end: 0, score: best?.score ?? nothing, none: nothing };
      return { numbers: none, answer: span };
    },
    judging: judgeSpans(noAnswerThreshold !== undefined),
  };
};
