/** Something that cannot pay on a machine, known before anything is built. */
export interface CannotPay {
  /** Stable: "u8s8-saturates". */
  readonly id: string;
  /** What would be tried, in a user's words. */
  readonly what: string;
  /** Why it gains nothing here, or costs something. */
  readonly reason: string;
  /** Where this is known from. */
  readonly source: string;
  /** Technique id → option values that the rule speaks of; empty values: the technique as such. */
  readonly techniques: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What it saves nevertheless: it pays where that is wanted. */
  readonly saves?: 'bytes';
}

/** What kind of arithmetic a kernel does. `conversion`: QuantizeLinear, DequantizeLinear, Cast. `other`: everything that is no matrix work. */
export type KernelFamily = 'integer' | 'blockwise' | 'float' | 'table' | 'conversion' | 'other';

/** One operation of the graph that ONNX Runtime really ran. */
export interface KernelRow {
  /** The user's own name for it where it can be told, else the runtime's. */
  readonly node: string;
  /** Operator as it ran: "com.microsoft.MatMulIntegerToFloat". */
  readonly op: string;
  /** "int8 (u8×s8)", "4-bit (accuracy level 4, int8 compute)", "float32". */
  readonly kernel: string;
  readonly family: KernelFamily;
  /** Of the time of all kernels of a run; null when it never ran. */
  readonly share: number | null;
  /** Per run. */
  readonly calls: number;
  /** Mean per run. */
  readonly timeMs: number;
  /** It was made to be computed or stored in few bits. */
  readonly meant: boolean;
  /** Why it is not, for an operation that was meant to be; null when all is well. */
  readonly why: string | null;
  /** What else is worth knowing. */
  readonly note: string | null;
}

export interface KernelGroup {
  readonly kernel: string;
  readonly family: KernelFamily;
  readonly nodes: number;
  readonly share: number;
}

/** What saturation does to one operation, on the inputs that were looked at. */
export interface SaturationRow {
  readonly node: string;
  /** Pairs of products looked at, and those whose sum does not fit 16 bits. */
  readonly pairs: number;
  readonly saturated: number;
  /** Output values looked at, and those that a saturated pair changes. */
  readonly outputs: number;
  readonly touched: number;
  /** ‖saturated − exact‖₂ / ‖exact‖₂ of the product. */
  readonly change: number;
}

/** A way out, the cheapest first. */
export interface Remedy {
  readonly id: 'per-tensor' | '7-bit' | 'uint8' | 'x64quantprecision' | 'exclude';
  readonly what: string;
  readonly cost: string;
  /** Relative error of the products against exact 8-bit arithmetic, root mean square over the operations; 0: none. */
  readonly error: number;
  /** "computed on the sampled rows" or "exact by construction". */
  readonly basis: string;
}

export type Saturation =
  /** No pair can exceed 16 bits: the kernels of this CPU add in 32 bits, or no operation has u8×s8 products, or the weights are small enough. */
  | { readonly kind: 'exact'; readonly reason: string }
  /** It could not be looked at. */
  | { readonly kind: 'unknown'; readonly reason: string }
  | {
      readonly kind: 'checked';
      /** Input batches that were looked at. */
      readonly inputs: number;
      readonly rows: readonly SaturationRow[];
      /** Root mean square of `change` over the operations. */
      readonly change: number;
      readonly remedies: readonly Remedy[];
      /** The first remedy that helps; null when the change is too small to act on. */
      readonly proposed: Remedy['id'] | null;
      /** Operations that could not be looked at, with the reason. */
      readonly unchecked: readonly { readonly node: string; readonly reason: string }[];
    };

/** Which kernels ran a model: from ONNX Runtime's own optimized graph and profile. */
export interface Receipt {
  /** "24 rows of data.jsonl", "built-in sample texts", "random inputs". */
  readonly ranOn: string;
  /** Runs that were counted, after one that was not. */
  readonly runs: number;
  /** Mean time of all kernels of a run. */
  readonly kernelMs: number;
  /** Of the kernel time. */
  readonly integerShare: number;
  readonly groups: readonly KernelGroup[];
  /** Operations that do matrix work or look up tables, the slowest first. */
  readonly rows: readonly KernelRow[];
  /** Rows that were left out because there are too many. */
  readonly rowsLeftOut: number;
  readonly unfulfilled: number;
  readonly instructionSets: readonly string[];
  /** "AVX2 without VNNI". */
  readonly machine: string;
  readonly cannotPay: readonly CannotPay[];
  readonly saturation: Saturation;
  readonly notes: readonly string[];
}
