import type { Random } from '../../../contracts/index.ts';
import { textDistance } from './edit-distance.ts';
import { mostChanges, placesOf, type Column } from './places.ts';
import { isBroken, openLine, type Line, type Searching } from './questions.ts';
import { render, replaced, split } from './text.ts';
import type { Attack, Item, Neighbors, Outcome, Score, Split, Text } from './types.ts';

/** How attacks are carried out. */
export interface Setting {
  /** Distinct texts that one attack may ask about one item, the original included. */
  readonly maxQueries: number;
  /** Largest share of words changed, for every attack. */
  readonly maxShare: number;
  readonly column: Column;
  readonly neighbors: Neighbors;
  random(label: string): Random;
}

/** A text on the way: the original's words with some replaced. */
interface State {
  readonly words: readonly string[];
  readonly changed: ReadonlySet<number>;
  readonly score: Score;
}

interface Step {
  readonly at: number;
  readonly words: readonly string[];
  readonly text: Text;
}

const unknown = '[UNK]';
/** Distances above this are all the same: no choice between successes depends on them. */
const farEdits = 200;

/** Everything that one attack on one item knows. */
interface Hunt {
  readonly attack: Attack;
  readonly item: Item;
  readonly parts: Split;
  readonly line: Line;
  readonly places: readonly number[];
  readonly most: number;
  /** What may stand for a word: no repeats, not the word itself. The same for every version. */
  candidates(at: number): readonly string[];
}

const hunt = (attack: Attack, item: Item, setting: Setting, line: Line): Hunt => {
  const parts = split(item.text);
  const known = new Map<number, readonly string[]>();
  const make = (at: number): readonly string[] => {
    const word = parts.words[at]!;
    const random = setting.random(`robustness/attacks ${attack.id} ${item.id} ${at}`);
    const all = attack.candidates({ word, random, neighbors: setting.neighbors });
    return [...new Set(all)].filter((one) => one !== word && one.trim() !== '');
  };
  return {
    attack,
    item,
    parts,
    line,
    places: placesOf(parts, attack.limits, setting.column),
    most: mostChanges(parts.words.length, attack.limits, setting.maxShare),
    candidates: (at) => known.get(at) ?? known.set(at, make(at)).get(at)!,
  };
};

const stepsAt = ({ attack: { limits }, item, parts }: Hunt, { words }: State, at: number, by: readonly string[]) =>
  by.flatMap((word): Step[] => {
    const next = replaced(words, at, word);
    const text = render(parts, next);
    const tooFar = limits.mostEdits !== undefined && textDistance(item.text, text, limits.mostEdits) > limits.mostEdits;
    return tooFar ? [] : [{ at, words: next, text }];
  });

const after = (state: State, step: Step, score: Score): State => ({
  words: step.words,
  changed: new Set([...state.changed, step.at]),
  score,
});

/** Of the steps that broke the answer, the one whose text is the nearest to the original; null: none did. */
const nearest = (item: Item, steps: readonly Step[], scores: readonly Score[]): number | null => {
  let best: { readonly at: number; readonly distance: number; readonly danger: number } | null = null;
  for (const [at, score] of scores.entries()) {
    if (!isBroken(score, item)) continue;
    const distance = textDistance(item.text, steps[at]!.text, farEdits);
    const nearer = best === null || distance < best.distance;
    if (nearer || (distance === best!.distance && score.danger > best!.danger))
      best = { at, distance, danger: score.danger };
  }
  return best?.at ?? null;
};

const descending = (values: readonly number[]): readonly number[] =>
  [...values.keys()].toSorted((a, b) => values[b]! - values[a]! || a - b);

const softmax = (values: readonly number[]): readonly number[] => {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((all, one) => all + one, 0);
  return powers.map((one) => one / sum);
};

/** The places in the order in which they are tried. Source: TextFooler (Jin et al. 2020), §3.1; PWWS (Ren et al. 2019), §3.3. */
function* ranked(the: Hunt, start: State, ranking: 'delete' | 'unknown' | 'saliency'): Searching<readonly number[]> {
  const { places, parts, line } = the;
  const without = places.map((at) => render(parts, replaced(parts.words, at, ranking === 'delete' ? '' : unknown)));
  const scores = yield* line.ask(without);
  const danger = places.map((_, at) => scores[at]?.danger ?? Number.NEGATIVE_INFINITY);
  if (ranking !== 'saliency' || scores.length < places.length) return descending(danger).map((at) => places[at]!);
  const steps = places.map((at) => stepsAt(the, start, at, the.candidates(at)));
  const swapped = yield* line.ask(steps.flat().map(({ text }) => text));
  let from = 0;
  const gains = steps.map((own) => {
    const some = swapped.slice(from, (from += own.length));
    return some.reduce((most, score) => Math.max(most, score.danger - start.score.danger), 0);
  });
  const weights = softmax(danger.map((one) => one - start.score.danger));
  return descending(gains.map((gain, at) => gain * weights[at]!)).map((at) => places[at]!);
}

/** Word after word by importance, each replaced by its best candidate if that raises the danger.
 *  Source: greedy word-importance search of TextAttack (Morris et al. 2020). */
function* greedy(the: Hunt, start: State, ranking: 'delete' | 'unknown' | 'saliency'): Searching<State> {
  let state = start;
  for (const at of yield* ranked(the, start, ranking)) {
    if (state.changed.size >= the.most || the.line.spent()) break;
    const steps = stepsAt(the, state, at, the.candidates(at));
    const scores = yield* the.line.ask(steps.map(({ text }) => text));
    const found = nearest(the.item, steps, scores);
    if (found !== null) return after(state, steps[found]!, scores[found]!);
    const best = descending(scores.map(({ danger }) => danger))[0];
    if (best !== undefined && scores[best]!.danger > state.score.danger)
      state = after(state, steps[best]!, scores[best]!);
  }
  return state;
}

/** All candidates of all free words: from the transformation, or proposed by the gradient. */
function* stepsFrom(the: Hunt, state: State): Searching<readonly Step[]> {
  const { attack, parts, item, line } = the;
  const places = the.places.filter((at) => !state.changed.has(at));
  if (attack.search.kind !== 'flips') return places.flatMap((at) => stepsAt(the, state, at, the.candidates(at)));
  if (places.length === 0) return [];
  const most = attack.search.width;
  const flips = yield* line.flips({ split: parts, words: state.words, label: item.label, places, most });
  return flips.flatMap(({ at, word }) => stepsAt(the, state, at, [word]));
}

/** Any word may be next; the `width` most dangerous texts go on. Width 1 is a greedy search without a ranking.
 *  Source: Ebrahimi et al. 2018 (HotFlip), §3. */
function* beam(the: Hunt, start: State, width: number): Searching<State> {
  let states = [start];
  let best = start;
  for (let depth = 0; depth < the.most && !the.line.spent(); depth++) {
    const from: State[] = [];
    const steps: Step[] = [];
    for (const state of states)
      for (const step of yield* stepsFrom(the, state)) {
        from.push(state);
        steps.push(step);
      }
    const scores = yield* the.line.ask(steps.map(({ text }) => text));
    const found = nearest(the.item, steps, scores);
    if (found !== null) return after(from[found]!, steps[found]!, scores[found]!);
    const seen = new Set<string>();
    states = descending(scores.map(({ danger }) => danger))
      .filter((at) => !seen.has(steps[at]!.words.join('\0')) && seen.add(steps[at]!.words.join('\0')))
      .slice(0, width)
      .map((at) => after(from[at]!, steps[at]!, scores[at]!));
    if (states.length === 0) break;
    if (states[0]!.score.danger > best.score.danger) best = states[0]!;
  }
  return best;
}

/** Remove the word whose removal leaves the answer surest, while the answer stays and a word is left.
 *  Source: Feng et al. 2018, "Pathologies of Neural Models", §2.1, with confidence asked for instead of a gradient. */
function* reduce(the: Hunt, start: State): Searching<State> {
  const { parts, item, line } = the;
  let state = start;
  for (;;) {
    const left = [...parts.words.keys()].filter((at) => !state.changed.has(at));
    if (left.length < 2 || line.spent()) return state;
    const steps = left.map((at): Step => {
      const words = replaced(state.words, at, '');
      return { at, words, text: render(parts, words) };
    });
    const scores = yield* line.ask(steps.map(({ text }) => text));
    const surest = descending(
      scores.map((score) => (isBroken(score, item) ? Number.NEGATIVE_INFINITY : -score.danger)),
    );
    const best = surest[0];
    if (best === undefined || isBroken(scores[best]!, item)) return state;
    state = after(state, steps[best]!, scores[best]!);
  }
}

/** One attack on one item, as a search that stops at each question. An item that is answered wrongly before is skipped after one query.
 *  Texts without a word that may change fail after one. */
export function* search(attack: Attack, item: Item, setting: Setting): Searching<Outcome> {
  const line = openLine(setting.maxQueries);
  const the = hunt(attack, item, setting, line);
  const [score] = yield* line.ask([item.text]);
  const start: State = { words: the.parts.words, changed: new Set(), score: score! };
  const outcome = (state: Outcome['state'], end: State): Outcome => ({
    state,
    text: state === 'failed' || state === 'skipped' ? item.text : render(the.parts, end.words),
    words: the.parts.words.length,
    changed: state === 'failed' ? 0 : end.changed.size,
    queries: line.queries(),
    before: score!,
    after: state === 'failed' ? score! : end.score,
  });
  if (isBroken(start.score, item)) return outcome('skipped', start);
  const { kind } = attack.search;
  if (kind === 'reduce') return outcome('reduced', yield* reduce(the, start));
  const end =
    kind === 'greedy' ? yield* greedy(the, start, attack.search.ranking) : yield* beam(the, start, attack.search.width);
  return outcome(isBroken(end.score, item) ? 'succeeded' : 'failed', end);
}
