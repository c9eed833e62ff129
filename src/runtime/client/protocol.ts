import type { Feeds, LoadPlan, Played, SessionOptions, SessionUsage } from '../../contracts/index.ts';
import type { EndpointSettings } from '../endpoint/index.ts';

/** What a client sends its requests to. */
export type LoadTarget =
  /** A model file, loaded in a process beside the client's. */
  | { readonly kind: 'model'; readonly path: string; readonly options: SessionOptions }
  | { readonly kind: 'endpoint'; readonly settings: EndpointSettings }
  /** Answers nothing by itself: how fast the client is when nobody slows it down. */
  | { readonly kind: 'echo' };

/** Parent to client. */
export type ClientRequest =
  | { readonly id: number; readonly kind: 'connect'; readonly target: LoadTarget; readonly calls: readonly Feeds[] }
  | { readonly id: number; readonly kind: 'play'; readonly plan: LoadPlan }
  | { readonly id: number; readonly kind: 'usage' };

export interface ClientAnswers {
  readonly connect: null;
  readonly play: Played;
  readonly usage: SessionUsage | null;
}

/** How a fault of the target travels: the code must survive. */
export const faultText = (code: string, message: string): string => `${code}\n${message}`;
export const faultOfText = (text: string): { readonly code: string; readonly message: string } => {
  const at = text.indexOf('\n');
  const code = at < 0 ? '' : text.slice(0, at);
  return /^[a-z-]+\/[a-z0-9-]+$/.test(code)
    ? { code, message: text.slice(at + 1) }
    : { code: 'load/client', message: text };
};
