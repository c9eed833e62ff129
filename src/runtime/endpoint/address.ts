import { SteelyardError } from '../../contracts/index.ts';

/** How an endpoint is spoken to. */
export type Protocol =
  /** Open Inference Protocol: tensors as JSON or as bytes. */
  | 'v2'
  /** OpenAI-shaped: texts in, vectors out. */
  | 'openai-embeddings'
  /** OpenAI-shaped: texts in, texts out. */
  | 'openai-completions'
  /** OpenAI-shaped: one text in as the user's message, one text out. */
  | 'openai-chat';

export interface Address {
  readonly protocol: Protocol;
  /** Where requests are posted. */
  readonly infer: URL;
  /** Where the model is described; null: nowhere. */
  readonly describe: URL | null;
  /** Where the server says what it can do; null: nowhere. */
  readonly server: URL | null;
}

/** Read an address: `…/v2/models/NAME[/versions/V][/infer]`, `…/v1/embeddings`, `…/v1/completions` or `…/v1/chat/completions`. Errors: `endpoint/url`. */
export const readAddress = (text: string): Address => {
  const bad = (what: string): never => {
    throw new SteelyardError(
      'endpoint/url',
      `"${text}" ${what}`,
      'give http://host/v2/models/NAME (Open Inference Protocol), http://host/v1/embeddings, http://host/v1/completions or http://host/v1/chat/completions',
    );
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return bad('is no address');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return bad('is no http address');
  const at = (path: string): URL => new URL(path + url.search, url.origin);
  const path = url.pathname.replace(/\/+$/, '');
  const model = /^((.*\/v2)\/models\/[^/]+(?:\/versions\/[^/]+)?)(?:\/infer)?$/.exec(path);
  if (model !== null)
    return { protocol: 'v2', describe: at(model[1]!), server: at(model[2]!), infer: at(`${model[1]!}/infer`) };
  const silent = { describe: null, server: null, infer: at(path) };
  if (path.endsWith('/v1/embeddings')) return { protocol: 'openai-embeddings', ...silent };
  if (path.endsWith('/v1/chat/completions')) return { protocol: 'openai-chat', ...silent };
  if (path.endsWith('/v1/completions')) return { protocol: 'openai-completions', ...silent };
  return bad('does not say which model and protocol');
};
