import {
  SteelyardError,
  defineTechnique,
  type Context,
  type Graph,
  type Model,
  type Refusal,
  type TechniqueResult,
  type Tensor,
} from '../../contracts/index.ts';
import {
  editEach,
  graphsOf,
  int,
  intOf,
  labelOf,
  onRaised,
  cannotRaise,
  constantValue,
  type Draft,
  type NodeInit,
} from '../../model/graph/index.ts';
import { elementCount, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { isFinite32 } from '../algebra/matrix.ts';
import { fewestBits } from './codebook-bits.ts';
import { encodeWeight } from './codebook-centers.ts';
import { packPlane, planeTable, planesOf } from './codebook-pack.ts';
import { float32, inline, matches } from '../linear.ts';

/** Cast by number and numpy broadcasting. */
const leastOpset = 7;
const int32Code = 6;

/** Relative error of Lloyd–Max quantizers of normal numbers, by bits, with room for what a network makes of it. */
const errorByBits: Readonly<Record<string, number>> = {
  '1': 1.5,
  '2': 1,
  '3': 0.6,
  '4': 0.3,
  '5': 0.25,
  '6': 0.15,
  '7': 0.08,
  '8': 0.06,
};

/** How a weight is used. `table`: rows of it are gathered and nothing else. */
interface Use {
  readonly table: boolean;
  /** The axis along which groups lie: output channels, or the rows of a table. */
  readonly axis: number;
}

const useOf = (draft: Draft, name: string, rank: number): Use => {
  const users = draft.consumers(name);
  const isRowGather = users.every(
    ({ op, domain, inputs, attributes }) =>
      op === 'Gather' &&
      domain === '' &&
      inputs[0] === name &&
      inputs[1] !== name &&
      (attributes['axis'] === undefined || (attributes['axis'].kind === 'int' && attributes['axis'].value === 0n)),
  );
  if (rank === 2 && users.length > 0 && isRowGather && !draft.capturedBySubgraph(name)) return { table: true, axis: 0 };
  const rowsOut = users.some((node) => node.op === 'Conv' || (node.op === 'Gemm' && intOf(node, 'transB', 0) !== 0));
  return { table: false, axis: rowsOut ? 0 : rank - 1 };
};

/** Writes nodes that turn codes back into numbers. */
interface Decoder {
  readonly draft: Draft;
  /** Tables of planes, by bits and shift, shared by all weights of a graph. */
  readonly tables: Map<string, string>;
}

const tableOf = ({ draft, tables }: Decoder, plane: { bits: number; shift: number }): string => {
  const key = `${plane.bits}_${plane.shift}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const name = draft.addInitializer(`codebook_bits_${key}`, planeTable(plane));
  tables.set(key, name);
  return name;
};

/** Nodes from packed planes to codes of shape `shape`: look each byte up, add the planes. `planes` are values that hold the bytes. */
const unpackNodes = (
  decoder: Decoder,
  base: string,
  bits: number,
  planes: readonly string[],
  shape: string | null,
): { readonly nodes: NodeInit[]; readonly codes: string } => {
  const { draft } = decoder;
  const nodes: NodeInit[] = [];
  let codes = '';
  for (const [index, plane] of planesOf(bits).entries()) {
    const wide = draft.fresh(`${base}_bytes`);
    nodes.push({ op: 'Cast', inputs: [planes[index]!], outputs: [wide], attributes: { to: int(int32Code) } });
    let part = wide;
    if (plane.bits < 8) {
      part = draft.fresh(`${base}_parts`);
      nodes.push({
        op: 'Gather',
        inputs: [tableOf(decoder, plane), wide],
        outputs: [part],
        attributes: { axis: int(0) },
      });
    }
    if (shape !== null && plane.bits < 8) {
      const shaped = draft.fresh(`${base}_shaped`);
      nodes.push({ op: 'Reshape', inputs: [part, shape], outputs: [shaped] });
      part = shaped;
    }
    if (codes === '') codes = part;
    else {
      const sum = draft.fresh(`${base}_codes`);
      nodes.push({ op: 'Add', inputs: [codes, part], outputs: [sum] });
      codes = sum;
    }
  }
  return { nodes, codes };
};

const shapeTensor = (sizes: readonly number[]): Tensor =>
  tensor('int64', [sizes.length], BigInt64Array.from(sizes, BigInt));

/** Bytes on disk of a coded weight, without node overhead. */
const storedBytes = (count: number, bits: number, centers: number, offsets: number): number =>
  planesOf(bits).reduce((sum, plane) => sum + Math.ceil((count * plane.bits) / 8), 0) + 4 * centers + 4 * offsets;

/** The float32 weights of a graph by name: initializers, and what Constant nodes hold. */
const weightsOf = ({ initializers, nodes }: Graph): readonly (readonly [string, Tensor])[] => {
  const constants = nodes.flatMap((node) => {
    const value = constantValue(node);
    return value === null ? [] : [[node.outputs[0]!, value] as const];
  });
  return [...initializers, ...constants].filter(([, { dtype }]) => dtype === 'float32');
};

interface Settings {
  readonly groupSize: number;
  readonly minValues: number;
  readonly exclude: readonly string[];
}

/** Every weight of a model that can be, in so many bits. */
const encodeModelWeights = async (
  model: Model,
  bits: number,
  options: Settings,
  context: Context,
): Promise<TechniqueResult> => {
  const refused: Refusal[] = [];
  const result = await editEach(model, async (draft) => {
    const decoder: Decoder = { draft, tables: new Map() };
    const weights = weightsOf(draft.model.graph);
    for (const [done, [name, weight]] of weights.entries()) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while clustering weights');
      context.progress({ label: 'clustering weights', done, total: weights.length, detail: name });
      const leave = (reason: string): number => refused.push({ reason: `${name}: ${reason}`, nodes: [] });
      const count = elementCount(weight.dims);
      const use = useOf(draft, name, weight.dims.length);
      const why = obstacle(draft, name, count, options);
      if (why !== null) {
        leave(why);
        continue;
      }
      const width = weight.dims.at(-1) ?? 1;
      const fill = Math.max(...planesOf(bits).map((plane) => 8 / plane.bits));
      if ((use.table ? width : count) % fill !== 0) {
        leave(`its ${use.table ? 'rows do' : 'values do'} not fill whole bytes with ${bits}-bit indices`);
        continue;
      }
      const along = weight.dims[use.axis] ?? 1;
      const groups = options.groupSize === 0 ? 1 : Math.ceil(along / options.groupSize);
      const bytes = storedBytes(count, bits, groups * 2 ** bits, groups > 1 ? along : 0);
      if (bytes >= 4 * count) {
        leave(`${groups} tables of ${2 ** bits} numbers and ${bits}-bit indices would be no smaller`);
        continue;
      }
      const values = toFloat32('float32', await context.bytes(weight));
      if (!isFinite32(values)) {
        leave('it holds NaN or infinity');
        continue;
      }
      const coded = await encodeWeight(values, weight.dims, use.axis, options.groupSize, bits, context.signal);
      const planes: string[] = [];
      for (const plane of planesOf(bits)) {
        const packed = packPlane(coded.codes, plane);
        const dims = plane.bits === 8 ? weight.dims : use.table ? [along, (width * plane.bits) / 8] : [packed.length];
        planes.push(draft.addInitializer(`${name}_codes`, await context.keep(inline('uint8', dims, packed))));
      }
      const centers = draft.addInitializer(`${name}_centers`, float32([coded.centers.length], coded.centers));
      const what = `${name}: ${bits}-bit indices into ${coded.offsets === null ? 'one table' : `${groups} tables`} of ${2 ** bits} numbers`;
      const place = {
        decoder,
        name,
        dims: weight.dims,
        axis: use.axis,
        bits,
        planes,
        centers,
        offsets: coded.offsets,
      };
      if (use.table) gatherRows(place, what);
      else rebuild(place, what);
    }
  });
  return { ...result, skipped: [...result.skipped, ...refused] };
};

/** Weights as indices into codebooks of cluster centers.
 *  Shapes and the signature: unchanged. Errors: `optimize/calibration` for data without rows.
 *  Source: Han et al. 2016 (Deep Compression), §3; ONNX Gather. */
export const codebook = defineTechnique({
  id: 'quantize/codebook',
  version: 2,
  title: 'Codebooks of weights',
  source: 'Han et al. 2016, Deep Compression, §3; Lloyd 1982; Wang & Song 2011',
  summary:
    'Stores each weight as a short index into a small table of cluster centers, found by k-means. ' +
    'Makes the file small and gains no speed: ONNX Runtime looks the numbers up while loading and runs in float32, with the memory of float32. ' +
    'Embedding tables stay small in memory too: only the gathered rows are looked up. Loads in every ONNX runtime.',
  fileSuffix: null,
  needs: { calibration: 'optional', training: false },
  options: {
    bits: {
      kind: 'choice',
      choices: ['1', '2', '3', '4', '5', '6', '7', '8'],
      default: '4',
      description:
        'Bits of an index: 4 is a table of 16 numbers, 8 one of 256. With real inputs more are taken where so few change the outputs too much.',
      search: ['4', '8'],
    },
    groupSize: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 1_000_000,
      description: 'Output channels (rows of an embedding) that share a table; 0: one table for the whole weight.',
    },
    minValues: {
      kind: 'integer',
      default: 1024,
      min: 1,
      max: 1_000_000_000,
      description: 'Leave smaller weights in float32: the operators would cost more bytes than they save.',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Names of weights, or of nodes that use them, to leave in float32; * matches any characters.',
    },
  },
  place: { stage: 'weights', saves: ['bytes'], whole: true },
  tolerance: ({ bits }) => errorByBits[bits]!,
  check: (model) =>
    graphsOf(model).some((graph) => weightsOf(graph).length > 0)
      ? cannotRaise(model, leastOpset)
      : { reason: 'the model has no float32 weights', nodes: [] },
  apply: (original, options, context) =>
    onRaised(original, leastOpset, (model) =>
      fewestBits(
        model,
        Number(options.bits),
        // What real inputs show must leave room for other ones.
        0.8 * errorByBits[options.bits]!,
        (bits) => encodeModelWeights(model, bits, options, context),
        context,
      ),
    ),
});

/** Operators whose operands are weights, or that only move them on the way to one. Scales, tables of positions and the like are not. */
const layers = new Set(
  'MatMul Gemm Conv ConvTranspose LSTM GRU RNN Gather Einsum FusedMatMul FusedGemm FusedConv Attention EmbedLayerNormalization Identity Transpose Reshape Unsqueeze Squeeze Slice Concat'.split(
    ' ',
  ),
);

/** Why a weight stays as it is, or null. */
const obstacle = (
  draft: Draft,
  name: string,
  count: number,
  { minValues, exclude }: { readonly minValues: number; readonly exclude: readonly string[] },
): string | null => {
  if (draft.constant(name) === null) return 'callers may override it';
  if (draft.isOutput(name)) return 'it is an output of the model';
  if (!draft.isUsed(name)) return 'nothing uses it';
  if (count < minValues) return `it has fewer than ${minValues} values`;
  const other = draft.consumers(name).find(({ op }) => !layers.has(op));
  if (other !== undefined) return `it is used by ${labelOf(other)} (${other.op}), which is no layer with weights`;
  if (matches({ name, outputs: [] }, exclude) || draft.consumers(name).some((node) => matches(node, exclude)))
    return 'excluded by the exclude option';
  return null;
};

interface Place {
  readonly decoder: Decoder;
  readonly name: string;
  readonly dims: readonly number[];
  readonly axis: number;
  readonly bits: number;
  readonly planes: readonly string[];
  readonly centers: string;
  readonly offsets: Int32Array | null;
}

/** Nodes that look codes up in the centers, each group in its own. */
const lookUp = (
  { decoder: { draft }, name, centers }: Place,
  codes: string,
  offsets: string | null,
  output: string,
) => {
  if (offsets === null)
    return [{ op: 'Gather', inputs: [centers, codes], outputs: [output], attributes: { axis: int(0) } }];
  const positions = draft.fresh(`${name}_positions`);
  return [
    { op: 'Add', inputs: [codes, offsets], outputs: [positions] },
    { op: 'Gather', inputs: [centers, positions], outputs: [output], attributes: { axis: int(0) } },
  ];
};

/** The whole weight from its codes: only constants go in, so that runtimes compute it once, while loading. */
const rebuild = (place: Place, what: string): void => {
  const { decoder, name, dims, axis, bits, planes, offsets } = place;
  const { draft } = decoder;
  const users = draft.consumers(name);
  const wide = draft.fresh(`${name}_fp32`);
  draft.rename(name, wide);
  const shape = bits === 8 ? null : draft.addInitializer(`${name}_shape`, shapeTensor(dims));
  const { nodes, codes } = unpackNodes(decoder, name, bits, planes, shape);
  const beside =
    offsets === null
      ? null
      : draft.addInitializer(
          `${name}_groups`,
          tensor(
            'int32',
            dims.map((dim, i) => (i === axis ? dim : 1)),
            offsets,
          ),
        );
  draft.insert([...nodes, ...lookUp(place, codes, beside, wide)]);
  draft.note(what, users);
};

/** Gather rows of codes, then look only those up. */
const gatherRows = (place: Place, what: string): void => {
  const { decoder, name, dims, bits, planes, offsets } = place;
  const { draft } = decoder;
  const width = dims[1]!;
  const groups =
    offsets === null ? null : draft.addInitializer(`${name}_groups`, tensor('int32', [dims[0]!, 1], offsets));
  for (const node of draft.consumers(name)) {
    const ids = node.inputs[1]!;
    const output = node.outputs[0]!;
    const nodes: NodeInit[] = [];
    const gather = (table: string): string => {
      const rows = draft.fresh(`${output}_rows`);
      nodes.push({ op: 'Gather', inputs: [table, ids], outputs: [rows], attributes: { axis: int(0) } });
      return rows;
    };
    const rows = planes.map(gather);
    let shape: string | null = null;
    if (bits < 8) {
      const rank = draft.shape(ids)?.length;
      if (rank !== undefined)
        // 0 copies a size, so that the shape is a constant.
        shape = draft.addInitializer(`${output}_shape`, shapeTensor([...Array.from({ length: rank }, () => 0), width]));
      else {
        const sizes = draft.fresh(`${output}_sizes`);
        shape = draft.fresh(`${output}_shape`);
        const last = draft.addInitializer(`${output}_width`, shapeTensor([width]));
        nodes.push(
          { op: 'Shape', inputs: [ids], outputs: [sizes] },
          { op: 'Concat', inputs: [sizes, last], outputs: [shape], attributes: { axis: int(0) } },
        );
      }
    }
    const beside = groups === null ? null : gather(groups);
    const unpacked = unpackNodes(decoder, output, bits, rows, shape);
    draft.replace(node, [...nodes, ...unpacked.nodes, ...lookUp(place, unpacked.codes, beside, output)], what);
  }
};
