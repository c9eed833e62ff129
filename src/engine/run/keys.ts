import type { Chain, Digest, Machine, SessionOptions, Technique } from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import { packageVersion } from '../../package/index.ts';
import { calibrationVersion } from './calibration.ts';

interface Making {
  readonly source: Digest;
  readonly chain: Chain;
  readonly techniques: readonly Technique[];
  readonly calibration: Digest | null;
  readonly learning: Digest | null;
  /** How the task reads examples. */
  readonly task: string;
  /** How the result runs, or how the steps run what they make. */
  readonly session: SessionOptions;
  readonly runtime: string;
  readonly instructionSets: readonly string[];
  readonly seed: number;
}

const making = (kind: 'build' | 'step', parts: Making): Digest =>
  digestOf({
    kind,
    steelyard: packageVersion,
    source: parts.source,
    steps: parts.chain.steps.map((step, index) => ({ ...step, version: parts.techniques[index]!.version })),
    session: parts.session,
    // What is learned by running the model depends on the kernels that ran it.
    calibration:
      parts.calibration !== null && parts.techniques.some(({ needs }) => needs.calibration !== 'none')
        ? { data: parts.calibration, batches: calibrationVersion, instructionSets: parts.instructionSets }
        : null,
    // Techniques that take calibration data take training data too where there is some, and both as the tokenizer reads them.
    learning:
      parts.learning !== null && parts.techniques.some(({ needs }) => needs.training || needs.calibration !== 'none')
        ? { data: parts.learning, instructionSets: parts.instructionSets }
        : null,
    reader: parts.techniques.some(({ needs }) => needs.training || needs.calibration !== 'none') ? parts.task : null,
    runtime: parts.runtime,
    seed: parts.seed,
  });

/** Everything that may change a built file and how it compares with the original. */
export const buildKey = (parts: Making): Digest => making('build', parts);

/** Everything that may change the model between the steps of a chain; `session` is the run's. */
export const stepKey = (parts: Making): Digest => making('step', parts);

/** Everything that may change an answer. */
export const predictKey = (parts: {
  readonly subject: Digest;
  readonly session: SessionOptions;
  readonly task: string;
  readonly data: Digest;
  readonly batchSize: number;
  readonly runtime: string;
  readonly instructionSets: readonly string[];
}): Digest => digestOf({ kind: 'predict', steelyard: packageVersion, ...parts });

/** What answers depend on of a machine: the kernels that run there. */
export const answersOn = ({ onnxruntime, instructionSets }: Machine): Digest =>
  digestOf({ runtime: onnxruntime, instructionSets: [...instructionSets].sort() });

/** Everything that may change a measurement. */
export const measureKey = (parts: {
  readonly evaluator: string;
  readonly version: number;
  readonly options: unknown;
  readonly subjects: readonly { readonly id: string; readonly digest: Digest; readonly session: SessionOptions }[];
  readonly task: string;
  readonly data: Digest;
  /** Other examples that evaluators may look at. */
  readonly beside: { readonly reference: Digest; readonly outOfScope: Digest };
  readonly split: string;
  readonly groups: readonly string[];
  readonly confidence: number;
  readonly price: unknown;
  readonly traffic: unknown;
  readonly batchSize: number;
  /** The machine's digest where time or memory is measured; what answers depend on (`answersOn`) where they are. */
  readonly machine: Digest;
  readonly seed: number;
}): Digest => digestOf({ kind: 'measure', steelyard: packageVersion, ...parts });
