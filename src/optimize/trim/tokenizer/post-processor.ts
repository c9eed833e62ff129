import { isId, list, record } from './json.ts';

/** The same post-processor with its ids mapped; `undefined` for a kind that is not known, whose ids cannot be told.
 *  Source: Hugging Face tokenizers, processors. */
export const mapProcessor = (raw: unknown, map: (id: number) => number): unknown => {
  if (raw === null || raw === undefined) return null;
  const one = record(raw);
  const pair = (value: unknown): unknown =>
    Array.isArray(value) && isId(value[1]) ? [value[0], map(value[1])] : undefined;
  switch (one['type']) {
    case 'ByteLevel':
      return raw;
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const [cls, sep] = [pair(one['cls']), pair(one['sep'])];
      return cls === undefined || sep === undefined ? undefined : { ...one, sep, cls };
    }
    case 'TemplateProcessing': {
      const tokens = Object.entries(record(one['special_tokens'])).map(([name, token]) => {
        const ids = list(record(token)['ids']);
        return ids.every(isId) ? [name, { ...record(token), ids: ids.map((id) => map(id as number)) }] : null;
      });
      return tokens.includes(null)
        ? undefined
        : { ...one, special_tokens: Object.fromEntries(tokens as [string, unknown][]) };
    }
    case 'Sequence': {
      const processors = list(one['processors']).map((step) => mapProcessor(step, map));
      return processors.includes(undefined) ? undefined : { ...one, processors };
    }
    default:
      return undefined;
  }
};
