import { SteelyardError, type Trial, type WordGradients } from '../../../contracts/index.ts';
import { flipProposer } from './flips.ts';
import { embeddingNeighbors, readNeighbors } from './neighbors.ts';
import { recipes } from './recipes/index.ts';
import { split } from './text.ts';
import type { Attack, Item, Neighbors, Proposer } from './types.ts';

/** The attacks of these names, in their usual order. Errors: `usage/option`. */
export const attacksNamed = (names: readonly string[]): readonly Attack[] => {
  const known = recipes.map(({ id }) => id);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new SteelyardError(
      'usage/option',
      `robustness/attacks: there is no attack "${wrong}"`,
      `known: ${known.join(', ')}`,
    );
  if (names.length === 0)
    throw new SteelyardError('usage/option', 'robustness/attacks: no attack is named', `known: ${known.join(', ')}`);
  return recipes.filter(({ id }) => names.includes(id));
};

export interface ArmOptions {
  /** Path of a file of neighbors; empty: none. */
  readonly neighbors: string;
  /** Least cosine for neighbors from embeddings. */
  readonly cosine: number;
  /** Least cosine for flips. */
  readonly flipCosine: number;
}

/** What the attacks work with. */
export interface Arms {
  readonly attacks: readonly Attack[];
  readonly neighbors: Neighbors;
  readonly propose: Proposer | null;
  /** Where neighbors come from, and which attacks are left out, and why. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** As many as TextFooler takes. */
const mostNeighbors = 50;
const nobody: Neighbors = () => [];

const isRefused = (one: object): one is { readonly reason: string } => 'reason' in one;

/** Gather what the attacks need: neighbors from the file or from the original's word embeddings, gradients from the original. An attack
 *  that lacks what it needs is left out by name. Errors: `robustness/neighbors`, `runtime/…`. */
export const armed = async (
  attacks: readonly Attack[],
  items: readonly Item[],
  trial: Trial,
  options: ArmOptions,
): Promise<Arms> => {
  const fromFile = options.neighbors === '' ? null : await readNeighbors(options.neighbors);
  const wantsTable = attacks.some(({ needs }) => needs === 'gradients' || (needs === 'neighbors' && fromFile === null));
  const got =
    !wantsTable || items.length === 0
      ? null
      : trial.gradients === undefined
        ? { reason: 'nobody gave the gradients of the original', nodes: [] }
        : await trial.gradients();
  const gradients: WordGradients | null = got === null || isRefused(got) ? null : got;
  const refused = got !== null && isRefused(got) ? got.reason : null;
  const notes: string[] = [];
  const missing = new Map<'neighbors' | 'gradients', string>();
  let neighbors = fromFile ?? nobody;
  if (fromFile === null && attacks.some(({ needs }) => needs === 'neighbors')) {
    if (gradients === null) missing.set('neighbors', `no file of neighbors, and ${refused ?? 'no text to attack'}`);
    else {
      const words = new Set(items.flatMap(({ text }) => split(text).words));
      const near = await embeddingNeighbors(words, gradients, options.cosine, mostNeighbors);
      if ([...words].some((word) => near(word).length > 0)) {
        neighbors = near;
        notes.push(
          `word neighbors are those of the original's own embeddings, cosine ≥ ${options.cosine}: they may mean something else`,
        );
      } else
        missing.set(
          'neighbors',
          `no word has a neighbor in the original's embeddings with a cosine ≥ ${options.cosine}`,
        );
    }
  }
  if (gradients === null) missing.set('gradients', refused ?? 'there is no text to attack');
  for (const { id, needs } of attacks)
    if (needs !== undefined && missing.has(needs)) notes.push(`${id} is left out: ${missing.get(needs)}`);
  const able = attacks.filter(({ needs }) => needs === undefined || !missing.has(needs));
  const flips = able.some(({ needs }) => needs === 'gradients') && gradients !== null;
  return {
    attacks: able,
    neighbors,
    propose: flips ? flipProposer(gradients, trial.task, { neighbors: fromFile, cosine: options.flipCosine }) : null,
    notes,
    close: async () => gradients?.close(),
  };
};
