import {
  SteelyardError,
  isSteelyardError,
  type Feeds,
  type RunResult,
  type Session,
  type ValueInfo,
} from '../../contracts/index.ts';
import { readAddress, type Address } from './address.ts';
import { httpClient, jsonBody, parseJson, type HttpAnswer, type HttpBody, type HttpClient } from './http.ts';
import {
  chatBody,
  completionsBody,
  defaultMaxTokens,
  embeddingsBody,
  readCompletions,
  readEmbeddings,
  textInput,
} from './openai.ts';
import { readAnswer, readDescription, requestOf, takesBytes, type Encoding } from './v2.ts';

export interface EndpointSettings {
  readonly url: string;
  /** For the whole of one request. Default 10 s. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** OpenAI-shaped: which model is asked. Default: "default". */
  readonly model?: string;
  /** OpenAI-shaped completions and chats: how long an answer may be. Default 16. */
  readonly maxTokens?: number;
  /** Open Inference Protocol: how tensors travel. Default "auto": as bytes where the server's metadata names the extension, else as JSON. */
  readonly tensors?: 'auto' | Encoding;
}

/** A session that says how its tensors travel; null where the protocol knows one way only. */
export interface EndpointSession extends Session {
  readonly tensors: Encoding | null;
}

const text = (name: string, dtype: 'string' | 'float32', dims: readonly (number | null)[]): ValueInfo =>
  ({ name, type: { kind: 'tensor', dtype, dims } }) as ValueInfo;

/** What the server's own description says; one that has none, or none that can be read, gets JSON, which every server of the protocol takes. */
const negotiate = async (http: HttpClient, server: URL): Promise<Encoding> => {
  try {
    return takesBytes(parseJson(server, (await http.send(server, null)).bytes)) ? 'binary' : 'json';
  } catch (error) {
    if (isSteelyardError(error) && (error.code === 'endpoint/status' || error.code === 'endpoint/garbage'))
      return 'json';
    throw error;
  }
};

interface Described {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly tensors: Encoding | null;
}

const describe = async (
  http: HttpClient,
  { protocol, describe: model, server }: Address,
  wanted: 'auto' | Encoding,
): Promise<Described> => {
  if (model === null || server === null)
    return {
      inputs: [text(textInput, 'string', [null])],
      outputs: [
        protocol === 'openai-embeddings'
          ? text('embedding', 'float32', [null, null])
          : text('completion', 'string', [null]),
      ],
      tensors: null,
    };
  const tensors = wanted === 'auto' ? await negotiate(http, server) : wanted;
  return { ...readDescription(parseJson(model, (await http.send(model, null)).bytes), tensors), tensors };
};

/** A model that somebody serves over HTTP, as a session. Calls are not put in line: they travel beside each other. A call's duration is that
 *  of the whole request: what the model alone took, the other side does not say.
 *  Errors: `endpoint/url` (not an address that says what to speak); of every call `endpoint/timeout`, `endpoint/refused`, `endpoint/dropped`,
 *  `endpoint/status`, `endpoint/garbage`, `endpoint/type`; `endpoint/unknown` for what cannot be read from outside. */
export const openEndpoint = async (settings: EndpointSettings): Promise<EndpointSession> => {
  const { timeoutMs = 10_000, headers = {}, model = 'default', maxTokens = defaultMaxTokens } = settings;
  const address = readAddress(settings.url);
  const { protocol, infer } = address;
  const start = performance.now();
  const http = httpClient(timeoutMs, headers);
  let closed = false;
  const slots = await describe(http, address, settings.tensors ?? 'auto').catch((error: unknown) => {
    http.close();
    throw error;
  });
  const startMs = performance.now() - start;
  // The same feeds are sent many times under load: their bytes are made once.
  const bodies = new WeakMap<Feeds, HttpBody>();
  const bodyOf = (feeds: Feeds): HttpBody => {
    const known = bodies.get(feeds);
    if (known !== undefined) return known;
    const body =
      slots.tensors !== null
        ? requestOf(feeds, slots.tensors)
        : jsonBody(
            protocol === 'openai-embeddings'
              ? embeddingsBody(model, feeds)
              : (protocol === 'openai-chat' ? chatBody : completionsBody)(model, maxTokens, feeds),
          );
    bodies.set(feeds, body);
    return body;
  };
  const read = (answer: HttpAnswer, feeds: Feeds): RunResult['outputs'] => {
    if (protocol === 'v2') return readAnswer(infer, answer);
    const raw = parseJson(infer, answer.bytes);
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
      const answer = await http.send(infer, body);
      const durationMs = performance.now() - sent;
      return { outputs: read(answer, feeds), durationMs, cpuMs: Number.NaN };
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
