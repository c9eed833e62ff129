import { isSteelyardError } from '../../../contracts/index.ts';
import type { Change, Graph, Model, Node, Refusal } from '../../../contracts/index.ts';
import { labelOf } from '../attributes.ts';
import { eachName, mapBodies, maximumDepth } from '../scope.ts';
import { adapterFor } from './adapters.ts';
import { levelOf } from './place.ts';
import type { Level } from './place.ts';
import type { Place } from './types.ts';
import { irVersionFor, newestOpset, versionsOf, withdrawn } from './versions.ts';

/** A model at another version of ai.onnx. With a refusal the model is the one that came in, and nothing was changed. */
export interface Conversion {
  readonly model: Model;
  readonly changes: readonly Change[];
  readonly refusal: Refusal | null;
}

interface Run {
  readonly model: Model;
  readonly from: number;
  readonly target: number;
  readonly changes: Change[];
  readonly refusals: Refusal[];
  readonly fresh: (hint: string) => string;
  readonly enlarging: Set<string>;
}

const freshIn = (model: Model): ((hint: string) => string) => {
  let taken: Set<string> | null = null;
  const counters = new Map<string, number>();
  return (hint) => {
    if (taken === null) {
      const found = new Set<string>();
      eachName(model.graph, (name) => found.add(name));
      taken = found;
    }
    const stem = hint === '' ? 'value' : hint;
    let count = counters.get(stem) ?? 0;
    let name = stem;
    while (taken.has(name)) name = `${stem}_${++count}`;
    counters.set(stem, count);
    taken.add(name);
    return name;
  };
};

/** An operator that the runtime knows under ONNX's name although ONNX does not have it at this version. */
const foreign = (node: Node, run: Run): string | null => {
  const gone = Object.hasOwn(withdrawn, node.op) ? withdrawn[node.op] : undefined;
  if (gone !== undefined && run.from < gone && run.target >= gone)
    return `${node.op} is no ONNX operator, and ONNX Runtime has it below version ${gone} only`;
  const [first] = versionsOf(node.op);
  if (first === undefined || first <= run.from || first > run.target || adapterFor(node.op, first)) return null;
  return `${node.op} came to ONNX in version ${first}: what it means in version ${run.from} is not known`;
};

/** The node step by step from one version to the next; every node that an adapter makes goes on from there. */
const raiseNode = (node: Node, from: number, place: Place, run: Run, owner: Node): readonly Node[] => {
  if (node.domain !== '') return [node];
  for (const version of versionsOf(node.op)) {
    if (version <= from || version > run.target) continue;
    const adapter = adapterFor(node.op, version);
    if (!adapter) continue;
    const made = adapter(node, place);
    if (typeof made === 'string') {
      run.refusals.push({
        reason: `${node.op} cannot go from version ${version - 1} to ${version} of ai.onnx: ${made}`,
        nodes: [labelOf(owner)],
      });
      return [node];
    }
    if (made.length === 1 && made[0] === node) continue;
    run.changes.push({ what: `${node.op} in the form of opset ${version}`, nodes: [labelOf(owner)] });
    return made.flatMap((one) => raiseNode(one, version, place, run, owner));
  }
  return [node];
};

const raiseGraph = (graph: Graph, outer: Level | null, run: Run, depth = 0): Graph => {
  if (depth >= maximumDepth) {
    run.refusals.push({ reason: `the graph nests bodies more than ${maximumDepth} deep`, nodes: [] });
    return graph;
  }
  const level = levelOf(run.model, graph, outer, run);
  const nodes = graph.nodes.flatMap((node) => {
    const why = node.domain === '' ? foreign(node, run) : null;
    if (why !== null) {
      run.refusals.push({ reason: why, nodes: [labelOf(node)] });
      return [node];
    }
    return raiseNode(
      mapBodies(node, (body) => raiseGraph(body, level, run, depth + 1)),
      run.from,
      level.place,
      run,
      node,
    );
  });
  const same = nodes.length === graph.nodes.length && nodes.every((node, i) => node === graph.nodes[i]);
  const raise = run.model.irVersion < 4 && graph.inputs.some((one) => graph.initializers.has(one.name));
  if (same && !raise) return graph;
  return {
    ...graph,
    nodes: same ? graph.nodes : nodes,
    initializers: level.added.size === 0 ? graph.initializers : new Map([...graph.initializers, ...level.added]),
    // Before IR version 4 every weight had to be listed as an input too; there the listing says nothing.
    inputs: raise ? graph.inputs.filter((one) => !graph.initializers.has(one.name)) : graph.inputs,
  };
};

const obstacle = (model: Model, target: number): string | null => {
  const from = model.opsets.get('');
  if (!Number.isInteger(target) || target < 1 || target > newestOpset)
    return `version ${target} of ai.onnx is not known here: versions go up to ${newestOpset}`;
  if (from === undefined) return 'the model does not import ai.onnx';
  if (from > target) return `the model uses opset ${from}: an operator set is raised here, never lowered`;
  if (from < target && model.functions.length > 0)
    return `the model defines the function ${model.functions[0]?.name ?? ''}, whose body has an operator set of its own`;
  return null;
};

const cache = new WeakMap<Model, Map<number, Conversion>>();

const convert = (model: Model, target: number): Conversion => {
  const refuse = (reason: string, nodes: readonly string[] = []): Conversion => ({
    model,
    changes: [],
    refusal: { reason, nodes },
  });
  const why = obstacle(model, target);
  if (why !== null) return refuse(why);
  const from = model.opsets.get('') ?? target;
  if (from === target) return { model, changes: [], refusal: null };
  const changes: Change[] = [{ what: `opset ${from} raised to ${target}`, nodes: [] }];
  const run: Run = { model, from, target, changes, refusals: [], fresh: freshIn(model), enlarging: new Set() };
  let graph: Graph;
  try {
    graph = raiseGraph(model.graph, null, run);
  } catch (error) {
    // An attribute of the wrong kind, bodies too deep, a constant that is gone: the model's fault, told as a reason.
    if (isSteelyardError(error)) return refuse(error.message);
    throw error;
  }
  const [first] = run.refusals;
  if (first)
    return refuse(
      first.reason,
      run.refusals.flatMap((one) => (one.reason === first.reason ? one.nodes : [])),
    );
  const opsets = new Map(model.opsets).set('', target);
  return {
    model: { ...model, graph, opsets, irVersion: Math.max(model.irVersion, irVersionFor(target)) },
    changes,
    refusal: null,
  };
};

/** A model with its ai.onnx operator set raised to `target`, in the main graph and in every body. Names of inputs, outputs and
 *  values stay; what an operator set changed is rewritten node by node, so that the model answers the same. Operators of other
 *  domains stay as they are. All or nothing: one node that cannot be converted refuses the whole, with its name and the reason.
 *  The IR version rises to what the operator set needs; below 4 it had to list weights as inputs, and those entries go.
 *  Units: versions of ai.onnx. Reads small constants at most. Errors: none. Source: ONNX, docs/Changelog.md. */
export const convertOpset = (model: Model, target: number): Conversion => {
  const known = cache.get(model) ?? new Map<number, Conversion>();
  cache.set(model, known);
  const result = known.get(target) ?? convert(model, target);
  known.set(target, result);
  return result;
};

/** null, or why `convertOpset` would refuse. Reads no weights; what it found out is kept for the conversion. */
export const canConvert = (model: Model, target: number): Refusal | null => convertOpset(model, target).refusal;
