import { SteelyardError, type Feeds, type RunResult, type Session, type ValueInfo } from '../../contracts/index.ts';
import { readAddress } from './address.ts';
import { httpClient } from './http.ts';
import { completionsBody, embeddingsBody, readCompletions, readEmbeddings, textInput } from './openai.ts';
import { readDescription, readOutputs, requestBody } from './v2.ts';

export interface EndpointSettings {
  readonly url: string;
  /** For the whole of one request. Default 10 s. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** OpenAI-shaped: which model is asked. Default: "default". */
  readonly model?: string;
  /** OpenAI-shaped completions: how long an answer may be. Default 16. */
  readonly maxTokens?: number;
}

const text = (name: string, dtype: 'string' | 'float32', dims: readonly (number | null)[]): ValueInfo =>
  ({ name, type: { kind: 'tensor', dtype, dims } }) as ValueInfo;

/** A model that somebody serves over HTTP, as a session. Calls are not put in line: they travel beside each other. A call's duration is that
 *  of the whole request: what the model alone took, the other side does not say.
 *  Errors: `endpoint/url` (not an address that says what to speak); of every call `endpoint/timeout`, `endpoint/refused`, `endpoint/dropped`,
 *  `endpoint/status`, `endpoint/garbage`, `endpoint/type`; `endpoint/unknown` for what cannot be read from outside. */
export const openEndpoint = async (settings: EndpointSettings): Promise<Session> => {
  const { timeoutMs = 10_000, headers = {}, model = 'default', maxTokens = 16 } = settings;
  const { protocol, infer, describe } = readAddress(settings.url);
  const start = performance.now();
  const http = httpClient(timeoutMs, headers);
  let closed = false;
  const slots = await (async () => {
    if (describe === null)
      return {
        inputs: [text(textInput, 'string', [null])],
        outputs: [
          protocol === 'openai-embeddings'
            ? text('embedding', 'float32', [null, null])
            : text('completion', 'string', [null]),
        ],
      };
    try {
      return readDescription(await http.json(describe, null));
    } catch (error) {
      http.close();
      throw error;
    }
  })();
  const startMs = performance.now() - start;
  // The same feeds are sent many times under load: their text is made once.
  const bodies = new WeakMap<Feeds, string>();
  const bodyOf = (feeds: Feeds): string => {
    const known = bodies.get(feeds);
    if (known !== undefined) return known;
    const body =
      protocol === 'v2'
        ? requestBody(feeds)
        : protocol === 'openai-embeddings'
          ? embeddingsBody(model, feeds)
          : completionsBody(model, maxTokens, feeds);
    bodies.set(feeds, body);
    return body;
  };
  const read = (raw: unknown, feeds: Feeds): RunResult['outputs'] => {
    if (protocol === 'v2') return readOutputs(raw);
    const count = feeds[textInput]!.data.length;
    return protocol === 'openai-embeddings' ? readEmbeddings(raw, count) : readCompletions(raw, count);
  };
  const unknown = (what: string): Promise<never> =>
    Promise.reject(new SteelyardError('endpoint/unknown', `${settings.url}: ${what} cannot be read from outside`));
  return {
    ...slots,
    startMs,
    loadMs: Number.NaN,
    run: async (feeds) => {
      if (closed) throw new SteelyardError('runtime/closed', `${settings.url}: the session is closed`);
      const body = bodyOf(feeds);
      const sent = performance.now();
      const raw = await http.json(infer, body);
      const durationMs = performance.now() - sent;
      return { outputs: read(raw, feeds), durationMs, cpuMs: Number.NaN };
    },
    read: () => unknown('a kept value'),
    usage: () => unknown('memory and CPU time'),
    close: () => {
      closed = true;
      http.close();
      return Promise.resolve();
    },
  };
};
