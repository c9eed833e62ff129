import { SteelyardError, type Feeds, type Value } from '../../contracts/index.ts';

/** Name of the one input of an OpenAI-shaped endpoint: a list of texts. */
export const textInput = 'text';

const garbage = (what: string): never => {
  throw new SteelyardError('endpoint/garbage', `the answer is not OpenAI-shaped: ${what}`);
};

const textsOf = (feeds: Feeds): readonly string[] => {
  const value = feeds[textInput];
  if (value?.dtype !== 'string')
    throw new SteelyardError('endpoint/type', `the endpoint takes texts as the input "${textInput}"`);
  return value.data as readonly string[];
};

const listOf = (raw: unknown, key: string, count: number): readonly unknown[] => {
  const list = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)[key] : undefined;
  if (!Array.isArray(list)) return garbage(`there is no list "${key}"`);
  return list.length === count ? list : garbage(`${list.length} entries in "${key}" for ${count} texts`);
};

/** The body of a request to /v1/embeddings. */
export const embeddingsBody = (model: string, feeds: Feeds): string =>
  JSON.stringify({ model, input: textsOf(feeds), encoding_format: 'float' });

/** Vectors of an answer. Shapes: embedding [texts, width]. Errors: `endpoint/garbage`. */
export const readEmbeddings = (raw: unknown, count: number): Record<string, Value> => {
  const rows = listOf(raw, 'data', count).map((one) => {
    const row = typeof one === 'object' && one !== null ? (one as Record<string, unknown>)['embedding'] : undefined;
    return Array.isArray(row) && row.every((value) => typeof value === 'number' && Number.isFinite(value))
      ? (row as number[])
      : garbage('an embedding is not a list of numbers');
  });
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width)) return garbage('embeddings of different lengths');
  return { embedding: { dtype: 'float32', dims: [count, width], data: Float32Array.from(rows.flat()) } };
};

/** The body of a request to /v1/completions: the likeliest continuation. */
export const completionsBody = (model: string, maxTokens: number, feeds: Feeds): string =>
  JSON.stringify({ model, prompt: textsOf(feeds), max_tokens: maxTokens, temperature: 0 });

/** The body of a request to /v1/chat/completions: the likeliest answer to one message of the user.
 *  Errors: `endpoint/batch` for several texts, which such endpoints do not take in one call. */
export const chatBody = (model: string, maxTokens: number, feeds: Feeds): string => {
  const [content, ...more] = textsOf(feeds);
  if (content === undefined || more.length > 0)
    throw new SteelyardError(
      'endpoint/batch',
      `a chat endpoint answers one text a call, not ${more.length + (content === undefined ? 0 : 1)}`,
      'use --batch 1, or the endpoint’s /v1/completions',
    );
  return JSON.stringify({ model, messages: [{ role: 'user', content }], max_tokens: maxTokens, temperature: 0 });
};

/** How long an answer may be where nobody says. */
export const defaultMaxTokens = 16;

/** A choice's text: of completions, or of a chat's message. */
const textIn = ({ text, message }: Record<string, unknown>): string => {
  const content =
    typeof message === 'object' && message !== null ? (message as Record<string, unknown>)['content'] : undefined;
  const found = text ?? content;
  return typeof found === 'string' ? found : garbage('a choice has no text');
};

/** Texts of an answer to completions or a chat; where it says so too, why each ended (`finish_reason`) and, for a single one, of how many tokens it is (`completion_tokens`).
 *  Shapes: completion, finish_reason [texts]; completion_tokens [1]. Errors: `endpoint/garbage`. */
export const readCompletions = (raw: unknown, count: number): Record<string, Value> => {
  const choices = listOf(raw, 'choices', count).map((one) => {
    const choice = (typeof one === 'object' && one !== null ? one : {}) as Record<string, unknown>;
    return { text: textIn(choice), finish: choice['finish_reason'] };
  });
  const ends = choices.flatMap(({ finish }) => (typeof finish === 'string' ? [finish] : []));
  const usage = (raw as { readonly usage?: { readonly completion_tokens?: unknown } | null }).usage;
  const tokens = usage?.completion_tokens;
  return {
    completion: { dtype: 'string', dims: [count], data: choices.map(({ text }) => text) },
    ...(ends.length === count ? { finish_reason: { dtype: 'string', dims: [count], data: ends } } : {}),
    ...(count === 1 && Number.isSafeInteger(tokens)
      ? { completion_tokens: { dtype: 'float64', dims: [1], data: Float64Array.of(tokens as number) } }
      : {}),
  };
};
