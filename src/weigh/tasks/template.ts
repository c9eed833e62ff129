import { SteelyardError } from '../../contracts/index.ts';

/** One place of the model's input: a special token, or where text A or B goes. */
export type Piece =
  | { readonly kind: 'special'; readonly id: number; readonly type: number }
  | { readonly kind: 'text'; readonly which: 'A' | 'B'; readonly type: number };

export interface Template {
  readonly single: readonly Piece[];
  readonly pair: readonly Piece[];
}

const fail = (what: string): never => {
  throw new SteelyardError(
    'task/tokenizer',
    `tokenizer.json: ${what}`,
    'save the tokenizer again with a current version of its library',
  );
};

const record = (raw: unknown): Record<string, unknown> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : {};

const text = (which: 'A' | 'B', type: number): Piece => ({ kind: 'text', which, type });
const special = (raw: unknown, type: number): Piece => {
  const id: unknown = Array.isArray(raw) ? raw[1] : undefined;
  return typeof id === 'number' ? { kind: 'special', id, type } : fail('a post-processor token has no id');
};

const pieces = (raw: unknown, tokens: Record<string, unknown>): Piece[] => {
  if (!Array.isArray(raw)) return fail('a template is missing');
  return raw.flatMap((entry): Piece[] => {
    const sequence = record(record(entry)['Sequence']);
    if (sequence['id'] === 'A' || sequence['id'] === 'B')
      return [text(sequence['id'], Number(sequence['type_id'] ?? 0))];
    const one = record(record(entry)['SpecialToken']);
    const ids = record(tokens[String(one['id'])])['ids'];
    if (!Array.isArray(ids) || ids.some((id) => typeof id !== 'number'))
      return fail(`the template names an unknown token "${String(one['id'])}"`);
    return ids.map((id: number) => ({ kind: 'special', id, type: Number(one['type_id'] ?? 0) }));
  });
};

const plain: Template = { single: [text('A', 0)], pair: [text('A', 0), text('B', 0)] };

/** Which special tokens stand around one text and around a pair, from `post_processor` of tokenizer.json.
 *  Errors: `task/tokenizer` for a kind that is not known. Source: tokenizers crate, processors. */
export const readTemplate = (processor: unknown): Template => {
  if (processor === null || processor === undefined) return plain;
  const raw = record(processor);
  switch (raw['type']) {
    case 'TemplateProcessing': {
      const tokens = record(raw['special_tokens']);
      return { single: pieces(raw['single'], tokens), pair: pieces(raw['pair'], tokens) };
    }
    case 'BertProcessing': {
      const [cls, sep] = [raw['cls'], raw['sep']];
      return {
        single: [special(cls, 0), text('A', 0), special(sep, 0)],
        pair: [special(cls, 0), text('A', 0), special(sep, 0), text('B', 1), special(sep, 1)],
      };
    }
    case 'RobertaProcessing': {
      const [cls, sep] = [special(raw['cls'], 0), special(raw['sep'], 0)];
      return { single: [cls, text('A', 0), sep], pair: [cls, text('A', 0), sep, sep, text('B', 0), sep] };
    }
    case 'ByteLevel':
      return plain;
    case 'Sequence': {
      const steps = Array.isArray(raw['processors']) ? raw['processors'].map(readTemplate) : [];
      return steps.find((step) => step.single.length > 1) ?? plain;
    }
    default:
      return fail(`the post-processor "${String(raw['type'])}" is not known`);
  }
};
