import { parseOptions, type Chain, type ChainStep, type SessionOptions } from '../../contracts/index.ts';
import { chainId } from '../scenario/chain-id.ts';
import type { Decision, Decisions, Taken } from './decisions.ts';
import { settingsInWords } from './settings.ts';
import { orderOf, stageSpecs, type Placed } from './stages.ts';
import type { Training } from './trainings.ts';

/** What all chains of a space have in common. */
export interface Common {
  /** Clean-up that changes something: the first steps of every chain. */
  readonly cleanup: readonly ChainStep[];
  /** The steps of a fused graph. */
  readonly fused: readonly ChainStep[];
  /** Steps as they are usually written. */
  readonly written: readonly ChainStep[];
  readonly training: Training;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Options in the order in which people know them; else in that of their names. */
const asWritten = (technique: string, options: Readonly<Record<string, unknown>>, written: readonly ChainStep[]) => {
  const keys = Object.keys(options).sort();
  const known = written.find(
    (one) =>
      one.technique === technique &&
      same(Object.keys(one.options).sort(), keys) &&
      keys.every((key) => same(one.options[key], options[key])),
  );
  return known?.options ?? Object.fromEntries(keys.map((key) => [key, options[key]]));
};

interface Piece {
  readonly at: number;
  readonly words: string;
  readonly steps: readonly ChainStep[];
}

const pieceOf = (technique: Placed, all: readonly Decision[], taken: Taken, { written, training }: Common): Piece => {
  const chosen: Record<string, unknown> = {};
  let without = '';
  let exclude: readonly string[] = [];
  for (const [index, { meaning }] of all.entries()) {
    const value = taken[index];
    if (value === null || value === undefined) continue;
    if (meaning.kind === 'option' && meaning.technique === technique) {
      if (!same(meaning.values[value], technique.options[meaning.option]!.default))
        chosen[meaning.option] = meaning.values[value];
    }
    if (meaning.kind === 'layers' && meaning.stage === technique.place.stage) {
      const group = meaning.values[value] ?? null;
      if (group !== null) {
        without = ` without ${group.words}`;
        exclude = group.exclude;
      }
    }
  }
  const shown = asWritten(technique.id, chosen, written);
  const minutes = training.minutesOf(technique);
  const step = {
    technique: technique.id,
    options: {
      ...shown,
      ...(minutes === null ? {} : { minutes }),
      ...(exclude.length === 0 ? {} : { exclude }),
    },
  };
  return {
    at: orderOf(technique.place.stage),
    words: chainId([{ technique: technique.id, options: shown }]) + without,
    steps: [step],
  };
};

/** The chain that these decisions make. Its id is short: the common clean-up, minutes that the scenario gives and defaults are left out of it. */
export const chainFor = ({ all }: Decisions, taken: Taken, common: Common): Chain => {
  const pieces: Piece[] = [];
  let session: Partial<SessionOptions> = {};
  for (const [index, { meaning }] of all.entries()) {
    const value = taken[index];
    if (value === null || value === undefined) continue;
    if (meaning.kind === 'setting') session = { ...session, ...meaning.values[value] };
    if (meaning.kind !== 'stage') continue;
    const technique = meaning.values[value] ?? null;
    if (technique === 'together')
      pieces.push({ at: orderOf(meaning.stage), words: stageSpecs[meaning.stage].together!, steps: common.fused });
    else if (technique !== null) pieces.push(pieceOf(technique, all, taken, common));
  }
  pieces.sort((a, b) => a.at - b.at);
  const nothing = common.cleanup.length > 0 ? stageSpecs.cleanup.together! : 'the original';
  const words = pieces.length === 0 ? nothing : pieces.map((piece) => piece.words).join(' + ');
  const settings = settingsInWords(session);
  return {
    id: settings === '' ? words : `${words}, ${settings}`,
    steps: [...common.cleanup, ...pieces.flatMap(({ steps }) => steps)],
    session,
  };
};

/** Which value of a decision a step's options have; −1: none of those that are tried. */
const indexIn = ({ meaning }: Decision, step: ChainStep, technique: Placed): number => {
  const { exclude = [], ...options } = step.options as { exclude?: readonly string[] };
  if (meaning.kind === 'layers')
    return meaning.values.findIndex((group) => same(group === null ? [] : group.exclude, exclude));
  if (meaning.kind !== 'option') return -1;
  const all = parseOptions(technique.id, technique.options, options);
  return meaning.values.findIndex((value) => same(value, all[meaning.option]));
};

const startsWith = (steps: readonly ChainStep[], with_: readonly ChainStep[]): boolean =>
  with_.every((one, index) => same(one, steps[index]));

/** The decisions that make a chain, or null when it is none of this space. */
export const takenFor = (decisions: Decisions, chain: Chain, common: Common): Taken | null => {
  if (!startsWith(chain.steps, common.cleanup)) return null;
  const { all } = decisions;
  const byTechnique = new Map(chain.steps.slice(common.cleanup.length).map((step) => [step.technique, step]));
  const taken: (number | null)[] = [];
  const at = new Map(all.map(({ id }, index) => [id, index]));
  let current: Placed | null = null;
  for (const one of all) {
    const { meaning, when } = one;
    const parent = when === undefined ? 0 : taken[at.get(when.dimension)!]!;
    if (when !== undefined && (parent === null || !when.values.includes(parent))) {
      taken.push(null);
      continue;
    }
    let index = -1;
    if (meaning.kind === 'stage') {
      const found = meaning.values.findIndex((value) =>
        value === 'together'
          ? common.fused.every(({ technique }) => byTechnique.has(technique))
          : value !== null && byTechnique.has(value.id),
      );
      index = found < 0 ? 0 : found;
    } else if (meaning.kind === 'setting')
      index = meaning.values.findIndex((value) =>
        same(
          Object.entries(value),
          Object.entries(chain.session).filter(([key]) => keysOf(meaning).has(key)),
        ),
      );
    else {
      current = meaning.kind === 'option' ? meaning.technique : chosenIn(all, taken, meaning.stage);
      const step = current === null ? undefined : byTechnique.get(current.id);
      if (current === null || step === undefined) return null;
      index = indexIn(one, step, current);
    }
    if (index < 0) return null;
    taken.push(index);
  }
  const made = chainFor(decisions, taken, common);
  return sameChain(made, chain) ? taken : null;
};

const keysOf = (meaning: Extract<Decision['meaning'], { kind: 'setting' }>): ReadonlySet<string> =>
  new Set(meaning.values.flatMap((value) => Object.keys(value)));

const chosenIn = (all: readonly Decision[], taken: Taken, stage: string): Placed | null => {
  const index = all.findIndex(({ id }) => id === stage);
  const meaning = all[index]?.meaning;
  const value = taken[index] ?? 0;
  const found = meaning?.kind === 'stage' ? (meaning.values[value] ?? null) : null;
  return found === 'together' ? null : found;
};

const sortedOptions = ({ technique, options }: ChainStep): string =>
  `${technique} ${JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))}`;

const sameChain = (a: Chain, b: Chain): boolean =>
  same(a.steps.map(sortedOptions), b.steps.map(sortedOptions)) &&
  same(Object.entries(a.session).sort(), Object.entries(b.session).sort());
