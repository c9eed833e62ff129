import type { Chain, Digest, Feeds, Session } from '../../contracts/index.ts';
import type { Run } from './run.ts';
import type { Built } from './subject.ts';

/** A chain and what came of it. */
export interface Version {
  readonly chain: Chain;
  readonly built: Built;
}

/** What builds of one run share. */
export interface Workshop {
  readonly run: Run;
  /** Real inputs to compare each version with the original on. */
  readonly inputs: readonly Feeds[];
  /** Digest of what makes these inputs. */
  readonly compared: Digest;
  readonly original: Session;
  /** ONNX Runtime's version. */
  readonly runtime: string;
  readonly instructionSets: readonly string[];
}
