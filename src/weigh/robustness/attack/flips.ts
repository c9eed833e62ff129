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

/** Words of the vocabulary with their rows, packed. */
interface Vocabulary {
  readonly names: readonly string[];
  readonly rows: Float32Array;
  readonly norms: Float64Array;
  readonly indexOf: ReadonlyMap<string, number>;
  readonly width: number;
}

const vocabularyOf = ({ table, width, word }: WordGradients): Vocabulary => {
  const names: string[] = [];
  const indexOf = new Map<string, number>();
  const kept: number[] = [];
  for (let token = 0; token < table.length / width; token++) {
    const name = word(token);
    if (name === null || indexOf.has(name)) continue;
    indexOf.set(name, names.length);
    names.push(name);
    kept.push(token);
  }
  const rows = new Float32Array(names.length * width);
  for (const [at, token] of kept.entries()) rows.set(table.subarray(token * width, (token + 1) * width), at * width);
  const norms = Float64Array.from(names, (_, at) => Math.sqrt(product(rows, at * width, rows, at * width, width)));
  return { names, rows, norms, indexOf, width };
};

const product = (a: Float32Array, fromA: number, b: Float32Array, fromB: number, width: number): number => {
  let [one, two] = [0, 0];
  let at = 0;
  for (; at + 1 < width; at += 2) {
    one += a[fromA + at]! * b[fromB + at]!;
    two += a[fromA + at + 1]! * b[fromB + at + 1]!;
  }
  return at < width ? one + two + a[fromA + at]! * b[fromB + at]! : one + two;
};

/** A word that the model reads as one token of its own. */
interface Target {
  readonly at: number;
  readonly word: string;
  /** Index in the vocabulary. */
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
  const vocabulary = vocabularyOf(words);
  const { names, rows, norms, indexOf, width } = vocabulary;
  const memory = new Map<string, readonly Flip[]>();
  const special = task.text?.special ?? new Set<number>();
  const example = (id: string, text: Text, label: string | null): Example => ({ id, ...text, label, groups: {} });

  /** The last token of the text cut behind this word, which is the word's own if it is one. */
  const targets = ({ split, words: current, places }: FlipRequest, found: TokenGradient): readonly Target[] => {
    const { text, spans } = layout(split, current);
    return places.flatMap((at): Target[] => {
      const to = spans[at]![1];
      const cut =
        split.fields[at] === 0 ? { text: text.text.slice(0, to) } : { ...text, pair: text.pair!.slice(0, to) };
      const tokens = task.text?.tokens(example('', cut, null)) ?? [];
      const position = tokens.findLastIndex((token) => !special.has(token));
      const token = tokens[position];
      if (token === undefined || found.tokens[position] !== token) return [];
      const word = current[at]!;
      const own = indexOf.get(word) ?? indexOf.get(word.toLowerCase());
      const name = words.word(token);
      if (own === undefined || name === null || names[own] !== name) return [];
      return [{ at, word, own, gradient: found.gradient.subarray(position * width, (position + 1) * width) }];
    });
  };

  const consider = (best: Best, { at, word, own, gradient }: Target, base: number, by: number): void => {
    if (by === own) return;
    const gain = product(rows, by * width, gradient, 0, width) - base;
    if (!(gain > best.least)) return;
    const length = norms[own]! * norms[by]!;
    const cosine = length === 0 ? 0 : product(rows, own * width, rows, by * width, width) / length;
    if (cosine >= setting.cosine) best.offer(gain, { at, word: inCasing(word, names[by]!) });
  };

  const flipsOf = (request: FlipRequest, found: TokenGradient): readonly Flip[] => {
    const best = new Best(request.most);
    for (const target of targets(request, found)) {
      const base = product(rows, target.own * width, target.gradient, 0, width);
      if (setting.neighbors === null) for (let by = 0; by < names.length; by++) consider(best, target, base, by);
      else
        for (const near of setting.neighbors(target.word)) {
          const by = indexOf.get(near) ?? indexOf.get(near.toLowerCase());
          if (by !== undefined) consider(best, target, base, by);
        }
    }
    return best.flips();
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
    for (const [at, { request, key }] of fresh.entries()) memory.set(key, flipsOf(request, gradients[at]!));
    return keyed.map(({ key }) => memory.get(key)!);
  };
};
