import type { SubjectOutcome } from './evaluator.ts';
import type { Chain, Gate } from './scenario.ts';
import type { Measurement } from './measurement.ts';
import type { Receipt } from './receipt.ts';
import type { Dimension, Point, Rung, TrialOutcome } from './search.ts';
import type { SessionOptions } from './session.ts';
import type { Change, Refusal } from './technique.ts';

/** `sha256:` and 64 hex digits. */
export type Digest = string;

/** What the machine is, so that numbers are never compared across machines by mistake. */
export interface Machine {
  readonly cpu: string;
  /** CPUs that processes may run on; a control group may allow less of their time, see `usableCores`. */
  readonly cores: number;
  /** What its control group leaves of it. */
  readonly memoryBytes: number;
  /** Instruction sets that decide which kernels run: avx2, avx512_vnni, … */
  readonly instructionSets: readonly string[];
  readonly os: string;
  readonly kernel: string;
  readonly governor: string | null;
  readonly cgroupCpuLimit: number | null;
  readonly node: string;
  readonly onnxruntime: string;
  readonly steelyard: string;
  /** sha256 over all of the above. */
  readonly digest: Digest;
}

/** Cores that can be busy at a time: a quota of 1.5 CPUs keeps one busy, and never fewer than one is used. */
export const usableCores = ({ cores, cgroupCpuLimit }: Pick<Machine, 'cores' | 'cgroupCpuLimit'>): number =>
  Math.max(1, Math.floor(Math.min(cores, cgroupCpuLimit ?? cores)));

interface Base {
  /** Full sha256 over everything that may change the answer: inputs, options, versions, runtime, machine where it matters. */
  readonly key: Digest;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** What making it took. */
  readonly seconds: number;
  /** Another run made it, and this one took it from the cache; `at` and `seconds` are those of the making. */
  readonly cached?: true;
}

/** A file by its digest, under the name that it must have where it is used. */
export interface NamedFile {
  readonly name: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** A technique that was applied, and what it did. */
export interface AppliedStep {
  readonly technique: string;
  readonly version: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly changes: readonly Change[];
  readonly skipped: readonly Refusal[];
}

/** How a variant's outputs compare with the original's on real inputs. */
export interface Verification {
  readonly relativeError: number;
  readonly maxAbsoluteError: number;
  /** null: a step made another network, which is held to its answers alone. */
  readonly tolerance: number | null;
  readonly inputs: number;
}

export interface BuildRecord extends Base {
  readonly kind: 'build';
  readonly chain: Chain;
  readonly source: Digest;
  /** Those that the outcome's verification ran on: integer kernels round differently on others. */
  readonly instructionSets?: readonly string[];
  /** Digest of the inputs that the outcome's verification ran on. */
  readonly compared?: Digest;
  /** Its first steps that were taken over from an earlier build, and what they took then: from the start it costs `seconds` more. */
  readonly begun?: { readonly steps: number; readonly seconds: number };
  readonly outcome:
    | {
        readonly kind: 'built';
        /** Artifacts: the model file first, then external data files, with the names they must have. */
        readonly files: readonly NamedFile[];
        /** Files beside the model that changed with it (tokenizer.json, …). */
        readonly companions?: readonly NamedFile[];
        readonly sessionOptions: SessionOptions;
        readonly steps: readonly AppliedStep[];
        readonly verification: Verification | null;
      }
    | { readonly kind: 'refused'; readonly technique: string; readonly refusal: Refusal }
    | { readonly kind: 'failed'; readonly code: string; readonly message: string };
}

/** A model between the steps of a chain, kept so that other chains with the same beginning go on from it. */
export interface StepRecord extends Base {
  readonly kind: 'step';
  /** What its steps took from the start. Builds that made it hold the same time. */
  readonly seconds: number;
  readonly source: Digest;
  readonly files: readonly NamedFile[];
  readonly companions?: readonly NamedFile[];
  /** Session config entries that the steps ask for. */
  readonly config: Readonly<Record<string, string>>;
  readonly steps: readonly AppliedStep[];
}

export interface MeasureRecord extends Base {
  readonly kind: 'measure';
  /** It follows from answers and files, not from time or memory: another run with the same ones need not find out again. */
  readonly timeless?: true;
  /** Candidate id → what was measured; the baseline's id is "baseline". */
  readonly evaluator: string;
  readonly evaluatorVersion: number;
  /** Which data: "evaluation" or "holdback", and its digest. */
  readonly split: string;
  readonly data: Digest;
  readonly machine: Digest;
  readonly outcomes: Readonly<Record<string, SubjectOutcome>>;
}

export type Verdict = 'pass' | 'fail' | 'undecided';

export interface GateResult {
  readonly gate: Gate;
  readonly verdict: Verdict;
  /** One-sided p-value of "the gate is not met", Holm-adjusted; null for exact numbers. */
  readonly p: number | null;
  /** The number that was held against the limit, and the side of its interval that decided. */
  readonly value: number;
  readonly bound: number;
  /** "52 of 2,000 answers changed; the true loss is at most 0.6 points with 95 % confidence". */
  readonly reason: string;
  /** For undecided: roughly how many examples would decide it. */
  readonly samplesNeeded?: number;
}

export interface CandidateVerdict {
  readonly id: string;
  readonly verdict: Verdict;
  readonly gates: readonly GateResult[];
  /** Passes, and no other passing version nor the original dominates it in the preferred metrics and those of the conditions. */
  readonly onFront: boolean;
  /** Ids of the passing versions (or the original) that are at least as good in every one of these metrics and better in one. */
  readonly dominatedBy: readonly string[];
}

export interface ChoiceRecord extends Base {
  readonly kind: 'choice';
  /** Where it was chosen: on other instruction sets other kernels run, and the choice is made again. */
  readonly machine: Digest;
  readonly instructionSets: readonly string[];
  readonly candidates: readonly CandidateVerdict[];
  /** The chosen version, or null when nothing qualifies. */
  readonly chosen: string | null;
  /** Nearest miss when nothing qualifies. */
  readonly nearest: string | null;
  /** Why this one, in plain sentences. */
  readonly why: readonly string[];
  /** Gates re-tested on data that no selection saw. */
  readonly confirmation: { readonly verdict: Verdict; readonly gates: readonly GateResult[] } | null;
  readonly front: readonly string[];
  /** Passing versions that could not be told from the best in the first preferred metric, though their numbers differ: more data might tell. */
  readonly tied?: readonly string[];
  /** Tied versions that were measured again, for longer, before the choice was made. */
  readonly measuredAgain?: readonly string[];
  /** How many versions might be checked on held-back data, fixed before the first was: each check has that part of the error rate. */
  readonly plannedChecks?: number;
  /** Every version that was checked on held-back data, in order. */
  readonly checks?: readonly { readonly id: string; readonly verdict: Verdict }[];
  /** What would let the nearest miss pass, in plain sentences. */
  readonly needs?: readonly string[];
  /** How probable it is that a passing version is on the front, given how well its numbers are known. */
  readonly frontShare?: Readonly<Record<string, number>>;
  /** The version of the front where a little more of one preferred thing begins to cost a lot of another; null: there is none. */
  readonly knee?: string | null;
}

/** Everything else a report needs, written once at the start. */
export interface RunRecord extends Base {
  readonly kind: 'run';
  readonly scenario: unknown;
  readonly scenarioFile: string;
  readonly command: string;
  readonly model: {
    readonly source: string;
    readonly digest: Digest;
    readonly sizeBytes: number;
    readonly parameters: number;
  };
  readonly data: Readonly<Record<string, { readonly path: string; readonly digest: Digest; readonly rows: number }>>;
  readonly machine: Machine;
}

/** How much each layer of a quantized version harms the answers when it alone is quantized, the most harmful first. */
export interface SensitivityRecord extends Base {
  readonly kind: 'sensitivity';
  /** Id of the version whose layers were tried. */
  readonly chain: string;
  readonly technique: string;
  readonly layers: readonly {
    readonly layer: string;
    /** Relative error of the outputs, ‖y − y′‖₂ / ‖y‖₂. */
    readonly error: number;
    /** Share of output rows whose largest element stays the same. */
    readonly agreement: number;
  }[];
}

/** The items on which a candidate and the baseline disagree, worst first: the report's audit list. */
export interface AuditRecord extends Base {
  readonly kind: 'audit';
  readonly machine?: Digest;
  readonly candidate: string;
  readonly split: string;
  readonly items: readonly {
    readonly id: string;
    readonly text: string | null;
    readonly groups: Readonly<Record<string, string>>;
    readonly expected: string | null;
    readonly baseline: string;
    readonly candidate: string;
    /** How far the answer moved, as `shiftIs` says. */
    readonly shift: number;
  }[];
  /** What `shift` is. `probability`: what the candidate gives less to the baseline's answer, after softmax; `relative`: ‖y − y′‖₂ / ‖y‖₂ of an
   *  answer of several numbers; `absolute`: |y − y′| of one number, in its unit; `none`: words have no distance. Absent: probability. */
  readonly shiftIs?: 'probability' | 'relative' | 'absolute' | 'none';
  readonly harmed: number;
  readonly helped: number;
  readonly changed: number;
  readonly of: number;
}

/** A subject's answers on a split: label indices and scores in an artifact, so that no answer is computed twice. */
export interface PredictRecord extends Base {
  readonly kind: 'predict';
  readonly subject: string;
  readonly split: string;
  readonly labels: readonly string[];
  readonly rows: number;
  readonly truncated: number;
  /** Artifact: `rows` little-endian int32 label indices, then rows × labels float32 scores. */
  readonly artifact: Digest;
  /** Answers that are no classes: how many int32 label indices, float32 scores, int32 sizes and bytes of JSON the artifact holds, in this order. */
  readonly holds?: {
    readonly predicted: number;
    readonly scores: number;
    readonly sizes: number | null;
    readonly answers: number | null;
  };
}

/** Which kernels ran a version on this machine. */
export interface ReceiptRecord extends Base {
  readonly kind: 'receipt';
  readonly subject: string;
  readonly machine: Digest;
  readonly outcome:
    | { readonly kind: 'made'; readonly receipt: Receipt }
    | { readonly kind: 'failed'; readonly code: string; readonly message: string };
}

/** What a search may try and how it looks, written when it begins. */
export interface SearchRecord extends Base {
  readonly kind: 'search';
  readonly searcher: string;
  readonly version: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly dimensions: readonly Dimension[];
  /** Points that may be looked at. */
  readonly points: number;
  /** Why parts of the space are not looked at, and how many more points there would be without that reason alone. */
  readonly excluded: readonly { readonly reason: string; readonly points: number }[];
  readonly objectives: readonly string[];
  readonly rungs: readonly Rung[];
  readonly budgetSeconds: number;
}

/** One look of a search at one version. */
export interface TrialRecord extends Base {
  readonly kind: 'trial';
  /** Key of the search record that it belongs to. */
  readonly search: Digest;
  readonly point: Point;
  readonly rung: number;
  readonly chain: Chain;
  readonly outcome: TrialOutcome;
  /** Which of the searcher's answers it was part of, counted from 0. */
  readonly batch: number;
  /** Seconds that went into training a network for it, on top of `seconds`; absent: none. */
  readonly trainingSeconds?: number;
}

/** How a search ended, and what its cheap looks were worth. */
export interface ExploredRecord extends Base {
  readonly kind: 'explored';
  /** Key of the search record that it belongs to. */
  readonly search: Digest;
  /** Why no more was tried: the searcher asked for nothing more, or its time was used up. */
  readonly ended: 'done' | 'time';
  readonly trials: number;
  /** Chains that came into the full weighing, by id. */
  readonly finalists: readonly string[];
  /** Of each rung: how many looks, the mean seconds of one, and how well its order of versions in the first objective foretold that of a
   *  more thorough look (Spearman's correlation, −1 to 1): of the full weighing for the last rung, of the last rung for the others. Null where
   *  fewer than three versions are in both. */
  readonly rungs: readonly {
    readonly name: string;
    readonly trials: number;
    readonly seconds: number;
    readonly foretold: { readonly correlation: number; readonly versions: number } | null;
  }[];
}

/** What others need to work for a run, or to go on with it elsewhere: its scenario, model and data as artifacts. No path of the scenario is in it. */
export interface BundleRecord extends Base {
  readonly kind: 'bundle';
  /** Names are relative, with `/` between folders; the scenario is among them and refers to the others by these names. */
  readonly files: readonly { readonly name: string; readonly digest: Digest; readonly sizeBytes: number }[];
  readonly scenario: string;
  /** What must come out when it is read: digests of the model and of all data. */
  readonly model: Digest;
  readonly data: Digest;
  /** Where the run's files lie: a folder as it is called where the run was started, or a bucket. */
  readonly artifacts?: string;
  /** The machine that the run decides for. */
  readonly machine?: Digest;
}

export type StoreRecord =
  | RunRecord
  | BundleRecord
  | BuildRecord
  | StepRecord
  | PredictRecord
  | MeasureRecord
  | AuditRecord
  | ReceiptRecord
  | SensitivityRecord
  | SearchRecord
  | TrialRecord
  | ExploredRecord
  | ChoiceRecord;

/** Append-only records and artifacts by digest. A killed run resumes by reading its own records. */
export interface Store {
  /** Durable when the promise resolves. */
  append(record: StoreRecord): Promise<void>;
  records(): AsyncIterable<StoreRecord>;
  /** The last record with this key, or null. A record that comes from outside of the run (a cache) becomes one of the run's,
   *  changed by `named`: the same version may have another name here. */
  find(key: Digest, named?: (record: StoreRecord) => StoreRecord): Promise<StoreRecord | null>;
  /** Keep these bytes; the same bytes are kept once. `still`: nobody changes the file any more, so a link to it does. */
  put(bytes: Uint8Array | { readonly path: string; readonly still?: boolean }): Promise<Digest>;
  /** A readable file holding the artifact. Errors: `store/missing`, `store/corrupt` (digest differs). */
  path(digest: Digest): Promise<string>;
  /** This run needs the artifact no more: a store that serves no other run forgets it. Unknown ones are no fault. */
  drop(digest: Digest): Promise<void>;
  close(): Promise<void>;
}

/** Re-exported for readers of records. */
export type { Measurement };
