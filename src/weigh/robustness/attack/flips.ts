import type { Example, Task, TokenGradient, WordGradients } from '../../../contracts/index.ts';
import { inCasing } from './neighbors.ts';
import { keyOf, layout } from './text.ts';
import type { Flip, FlipRequest, Neighbors, Proposer, Text } from './types.ts';

export interface FlipSetting {
  /** The words that may stand for a word; null: any word of the vocabulary. */
  readonly neighbors: Neighbors | null;
  /** Least cosine of the embeddings of a word and its replacement; −1: any. */
  readonly cosine: number;
}

/** The words of the vocabulary. */
interface Vocabulary {
  /** Tokens that are words, one token per word. */
  readonly tokens: readonly number[];
  readonly names: ReadonlyMap<number, string>;
  readonly tokenOf: ReadonlyMap<string, number>;
}

const vocabularyOf = ({ table, width, word }: WordGradients): Vocabulary => {
  const names = new Map<number, string>();
  const tokenOf = new Map<string, number>();
  for (let token = 0; token < table.length / width; token++) {
    const name = word(token);
    if (name === null || tokenOf.has(name)) continue;
    names.set(token, name);
    tokenOf.set(name, token);
  }
  return { tokens: [...names.keys()], names, tokenOf };
};

/** Places whose products with the whole vocabulary are held in memory at once. */
const together = 64;

/** A word that the model reads as one token of its own. */
interface Target {
  readonly at: number;
  readonly word: string;
  /** Its token. */
  readonly own: number;
  readonly gradient: Float32Array;
}

/** The best few, best first; of equals, the earlier one. */
class Best {
  readonly #found: { readonly gain: number; readonly flip: Flip }[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get least(): number {
    return this.#found.length < this.#most ? 0 : this.#found.at(-1)!.gain;
  }

  offer(gain: number, flip: Flip): void {
    const at = this.#found.findIndex((one) => one.gain < gain);
    this.#found.splice(at < 0 ? this.#found.length : at, 0, { gain, flip });
    if (this.#found.length > this.#most) this.#found.pop();
  }

  flips(): readonly Flip[] {
    return this.#found.map(({ flip }) => flip);
  }
}

/** Proposes the replacements that raise the loss most to first order: (E[b] − E[a])·∂L/∂e for every word of the text that is one token
 *  and every allowed word b. Each text is looked at once, whoever asks. Source: Ebrahimi et al. 2018 (HotFlip), equation 10. */
export const flipProposer = (words: WordGradients, task: Task, setting: FlipSetting): Proposer => {
  const { table, width } = words;
  const { tokens: all, names, tokenOf } = vocabularyOf(words);
  const rows = table.length / width;
  const memory = new Map<string, readonly Flip[]>();
  const special = task.text?.special ?? new Set<number>();
  const example = (id: string, text: Text, label: string | null): Example => ({ id, ...text, label, groups: {} });
  const tokenFor = (word: string): number | undefined => tokenOf.get(word) ?? tokenOf.get(word.toLowerCase());

  /** The last token of the text cut behind a word is the word's own, if it is one. */
  const targets = ({ split, words: current, places }: FlipRequest, found: TokenGradient): readonly Target[] => {
    const { text, spans } = layout(split, current);
    return places.flatMap((at): Target[] => {
      const to = spans[at]![1];
      const cut =
        split.fields[at] === 0 ? { text: text.text.slice(0, to) } : { ...text, pair: text.pair!.slice(0, to) };
      const tokens = task.text?.tokens(example('', cut, null)) ?? [];
      const position = tokens.findLastIndex((token) => !special.has(token));
      const own = tokens[position];
      const word = current[at]!;
      if (own === undefined || found.tokens[position] !== own || tokenFor(word) !== own) return [];
      return [{ at, word, own, gradient: found.gradient.subarray(position * width, (position + 1) * width) }];
    });
  };

  const cosine = (a: number, b: number): number => {
    let [product, left, right] = [0, 0, 0];
    for (let at = 0; at < width; at++) {
      const [one, other] = [table[a * width + at]!, table[b * width + at]!];
      product += one * other;
      left += one * one;
      right += other * other;
    }
    return left === 0 || right === 0 ? 0 : product / Math.sqrt(left * right);
  };

  const offerAll = (best: Best, { at, word, own }: Target, products: Float32Array): void => {
    const allowed = setting.neighbors === null ? all : setting.neighbors(word).flatMap((near) => tokenFor(near) ?? []);
    for (const by of allowed) {
      const gain = products[by]! - products[own]!;
      if (by === own || !(gain > best.least)) continue;
      if (setting.cosine > -1 && cosine(own, by) < setting.cosine) continue;
      best.offer(gain, { at, word: inCasing(word, names.get(by)!) });
    }
  };

  const flipsOf = async (
    requests: readonly FlipRequest[],
    gradients: readonly TokenGradient[],
  ): Promise<readonly (readonly Flip[])[]> => {
    const best = requests.map(({ most }) => new Best(most));
    const open = requests.flatMap((request, of) => targets(request, gradients[of]!).map((target) => ({ of, target })));
    for (let from = 0; from < open.length; from += together) {
      const some = open.slice(from, from + together);
      const vectors = new Float32Array(some.length * width);
      for (const [at, { target }] of some.entries()) vectors.set(target.gradient, at * width);
      const products = await words.products(vectors);
      for (const [at, { of, target }] of some.entries())
        offerAll(best[of]!, target, products.subarray(at * rows, (at + 1) * rows));
    }
    return best.map((one) => one.flips());
  };

  return async (requests) => {
    const keyed = requests.map((request) => {
      const { text } = layout(request.split, request.words);
      return { request, text, key: `${request.label}\0${request.places.join()}\0${keyOf(text)}` };
    });
    const fresh = [...new Map(keyed.map((one) => [one.key, one])).values()].filter(({ key }) => !memory.has(key));
    const gradients = await words.gradients(
      fresh.map(({ text, request, key }) => example(key, text, task.labels[request.label]!)),
    );
    const flips = await flipsOf(
      fresh.map(({ request }) => request),
      gradients,
    );
    for (const [at, { key }] of fresh.entries()) memory.set(key, flips[at]!);
    return keyed.map(({ key }) => memory.get(key)!);
  };
};
