import { stages, type Stage, type Technique } from '../../contracts/index.ts';
import { techniques } from '../../optimize/index.ts';

export interface StageSpec {
  readonly title: string;
  /** How it is told when a stage is left out. */
  readonly none: string;
  /** All techniques of the stage that change something go together, as one step that has this name. */
  readonly together?: string;
}

/** What each stage decides, in words. */
export const stageSpecs: Readonly<Record<Stage, StageSpec>> = {
  cleanup: { title: 'Clean-up', none: 'as it is', together: 'cleaned graph' },
  vocabulary: { title: 'Vocabulary', none: 'all tokens' },
  positions: { title: 'Positions', none: 'all positions' },
  network: { title: 'Network', none: 'as it is' },
  recovery: { title: 'Recovery', none: 'none' },
  scales: { title: 'Ranges before quantization', none: 'as they are' },
  tokens: { title: 'Tokens of the last layer', none: 'all tokens' },
  attention: { title: 'Attention', none: 'as it is' },
  fusion: { title: 'Fused operators', none: 'as they are', together: 'fused graph' },
  weights: { title: 'Weights', none: 'float32' },
  tables: { title: 'Tables of embeddings', none: 'float32' },
  exit: { title: 'Early answers', none: 'none' },
};

/** Where a stage stands in a chain. */
export const orderOf = (stage: Stage): number => stages.indexOf(stage);

/** A technique that has a place in the search. */
export type Placed = Technique & { readonly place: NonNullable<Technique['place']> };

/** The techniques of a stage, in the order of the list. */
export const techniquesOf = (stage: Stage): readonly Placed[] =>
  (techniques as readonly Technique[]).filter((one): one is Placed => one.place?.stage === stage);
