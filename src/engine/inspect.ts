import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Context, DataType, Dim, Model, Node, Technique, ValueInfo } from '../contracts/index.ts';
import { openFolder } from '../model/folder.ts';
import { checkModel, decodeFile } from '../model/onnx/index.ts';
import { bitsOf, elementCount } from '../model/tensor/index.ts';
import { edit, labelOf, printText } from '../model/graph/index.ts';
import { findFoldable } from '../optimize/fuse/foldable.ts';
import { techniques } from '../optimize/index.ts';
import { defaultsOf } from './options.ts';
import { createContext } from './run/context.ts';
import { withWorkFolder } from './run/work-folder.ts';
import { applied } from './search/applied.ts';

export interface Inspection {
  readonly path: string;
  readonly fileBytes: number;
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly { name: string; type: string }[];
  readonly outputs: readonly { name: string; type: string }[];
  readonly nodes: number;
  readonly operators: readonly { op: string; count: number }[];
  readonly parameters: number;
  readonly weightBytes: number;
  readonly byDtype: readonly { dtype: DataType; tensors: number; parameters: number; bytes: number }[];
  readonly largest: readonly {
    name: string;
    dtype: DataType;
    dims: readonly number[];
    bytes: number;
    share: number;
    usedBy: string;
  }[];
  readonly byLayer: readonly {
    readonly layer: string;
    readonly parameters: number;
    readonly bytes: number;
    readonly share: number;
  }[];
  readonly shares: { foldable: number; fusible: number; quantizable: number; embedding: number };
  /** Why a technique does nothing with its default options; null: it applies. */
  readonly applicable: readonly { technique: string; refusal: string | null }[];
  readonly problems: readonly { severity: string; where: string; what: string }[];
}

const dimText = (dim: Dim): string => (dim === null ? '?' : String(dim));

/** "int64[batch, sequence]". */
export const typeText = ({ type }: ValueInfo): string => {
  if (type === null) return 'unknown';
  if (type.kind === 'tensor' || type.kind === 'sparse')
    return `${type.dtype}${type.dims === null ? '[…]' : `[${type.dims.map(dimText).join(', ')}]`}`;
  return type.kind;
};

const opName = (node: Node): string => (node.domain === '' ? node.op : `${node.domain}.${node.op}`);

const tally = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
};

/** Which layer a weight belongs to, by the numbering that exporters leave in names: "encoder.layer.3", "h.11", "blocks/2". */
const layerOf = (names: readonly string[]): string => {
  for (const name of names) {
    const found = /((?:[\w-]+[./])?(?:layers?|h|blocks?|stages?|resblocks)[./_]\d+)(?=[./_]|$)/.exec(name);
    if (found !== null) return found[1]!.replaceAll('/', '.');
  }
  return names.some((name) => /embed/i.test(name)) ? 'embeddings' : 'other';
};

/** Parts of elementwise chains, normalization and attention that fusions look for. */
const fusibleOps = new Set(
  'Erf Tanh Sigmoid Pow Sqrt ReduceMean Softmax LayerNormalization Add Mul Div Sub Transpose Reshape BatchNormalization Relu'.split(
    ' ',
  ),
);

/** What a model is: inputs, outputs, operators, parameters by type and layer, and how much of it each family of techniques can touch.
 *  Shares: foldable = nodes that depend on constants only, fusible = nodes of elementwise, normalization and attention chains (both of
 *  all nodes); quantizable = float32 weights of MatMul and Gemm, embedding = of Gather (both of all weight bytes).
 *  What only rewrites the graph is tried on models of up to 1 GB of weights; of other techniques, and of larger models, structure alone says
 *  whether they apply. Errors: `model/…` when the file cannot be read. */
export const inspectModel = async (path: string): Promise<Inspection> => {
  const folder = await openFolder(path);
  const model = await decodeFile(folder.modelPath);
  return withWorkFolder(async (workFolder) => {
    const context = createContext({ seed: 0, workFolder });
    return describeModel(model, folder.modelPath, (await stat(folder.modelPath)).size, context);
  });
};

const mostTriedBytes = 1e9;

/** Whether only applying it shows what it does, and that takes neither data nor many weights: it saves no bytes. */
const isTried = ({ needs, place }: Technique): boolean =>
  place?.quick === true && needs.calibration === 'none' && !place.saves.includes('bytes');

const describeModel = async (model: Model, path: string, fileBytes: number, context: Context): Promise<Inspection> => {
  const { graph } = model;
  const draft = edit(model);
  const weights = [...graph.initializers].map(([name, tensor]) => ({
    name,
    tensor,
    count: elementCount(tensor.dims),
    bytes: tensor.dtype === 'string' ? 0 : Math.ceil((elementCount(tensor.dims) * bitsOf(tensor.dtype)) / 8),
  }));
  const weightBytes = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  const foldable = findFoldable(model).nodes.length;
  let quantizable = 0;
  let embedding = 0;
  for (const { name, tensor, bytes } of weights) {
    if (tensor.dtype !== 'float32' || tensor.dims.length !== 2) continue;
    const users = draft.consumers(name);
    if (users.some(({ op }) => op === 'MatMul' || op === 'Gemm')) quantizable += bytes;
    else if (users.some(({ op }) => op === 'Gather')) embedding += bytes;
  }
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const applicable: { technique: string; refusal: string | null }[] = [];
  for (const technique of techniques) {
    let refusal = technique.check(model, defaultsOf(technique))?.reason ?? null;
    if (refusal === null && isTried(technique) && weightBytes <= mostTriedBytes) {
      const after = await applied({ technique, options: {} }, model, context);
      if (typeof after === 'string') refusal = after;
    }
    applicable.push({ technique: technique.id, refusal });
  }
  return {
    path: basename(path),
    fileBytes,
    irVersion: model.irVersion,
    producer: model.producer,
    opsets: Object.fromEntries(
      [...model.opsets].map(([domain, version]) => [domain === '' ? 'ai.onnx' : domain, version]),
    ),
    inputs: graph.inputs
      .filter(({ name }) => !graph.initializers.has(name))
      .map((info) => ({ name: info.name, type: typeText(info) })),
    outputs: graph.outputs.map((info) => ({ name: info.name, type: typeText(info) })),
    nodes: graph.nodes.length,
    operators: [...tally(graph.nodes, opName)]
      .map(([op, nodes]) => ({ op, count: nodes.length }))
      .sort((a, b) => b.count - a.count || a.op.localeCompare(b.op)),
    parameters: weights.reduce((sum, { count }) => sum + count, 0),
    weightBytes,
    byDtype: [...tally(weights, ({ tensor }) => tensor.dtype)]
      .map(([dtype, group]) => ({
        dtype: dtype as DataType,
        tensors: group.length,
        parameters: group.reduce((sum, { count }) => sum + count, 0),
        bytes: group.reduce((sum, { bytes }) => sum + bytes, 0),
      }))
      .sort((a, b) => b.bytes - a.bytes),
    largest: weights
      .toSorted((a, b) => b.bytes - a.bytes)
      .slice(0, 12)
      .map(({ name, tensor, bytes }) => ({
        name,
        dtype: tensor.dtype,
        dims: tensor.dims,
        bytes,
        share: share(bytes, weightBytes),
        usedBy: [...new Set(draft.consumers(name).map((node) => `${node.op} ${labelOf(node)}`))].slice(0, 2).join(', '),
      })),
    byLayer: [...tally(weights, ({ name }) => layerOf([name, ...draft.consumers(name).map(labelOf)]))].map(
      ([layer, group]) => {
        const bytes = group.reduce((sum, one) => sum + one.bytes, 0);
        return {
          layer,
          parameters: group.reduce((sum, one) => sum + one.count, 0),
          bytes,
          share: share(bytes, weightBytes),
        };
      },
    ),
    shares: {
      foldable: share(foldable, graph.nodes.length),
      fusible: share(graph.nodes.filter(({ op }) => fusibleOps.has(op)).length, graph.nodes.length),
      quantizable: share(quantizable, weightBytes),
      embedding: share(embedding, weightBytes),
    },
    applicable,
    problems: checkModel(model),
  };
};

/** The text form of a model's graph. Errors: `model/…`. */
export const modelText = async (path: string): Promise<string> =>
  printText(await decodeFile((await openFolder(path)).modelPath));
