import { SteelyardError } from '../../contracts/index.ts';
import type { Attribute, Graph, Node } from '../../contracts/index.ts';
import { hasSubgraph, subgraphsOf } from './attributes.ts';

/** Bodies inside bodies: more than this is an attack or a loop, not a model. */
export const maximumDepth = 64;

const tooDeep = (): never => {
  throw new SteelyardError('model/too-deep', `the graph nests bodies more than ${maximumDepth} deep`);
};

const cache = new WeakMap<Graph, ReadonlySet<string>>();

/** Names that a body takes from outside: used in it, or in a body within it, but not defined there. The body's
 *  own outputs count as uses. Errors: `model/too-deep`. */
export const capturesOf = (body: Graph, depth = 0): ReadonlySet<string> => {
  const known = cache.get(body);
  if (known) return known;
  if (depth >= maximumDepth) return tooDeep();
  const defined = new Set<string>(body.initializers.keys());
  for (const name of body.sparse?.keys() ?? []) defined.add(name);
  for (const input of body.inputs) defined.add(input.name);
  for (const node of body.nodes) for (const name of node.outputs) defined.add(name);
  const captured = new Set<string>();
  const use = (name: string): void => {
    if (name !== '' && !defined.has(name)) captured.add(name);
  };
  for (const node of body.nodes) {
    node.inputs.forEach(use);
    if (hasSubgraph(node)) for (const { graph } of subgraphsOf(node)) capturesOf(graph, depth + 1).forEach(use);
  }
  for (const output of body.outputs) use(output.name);
  cache.set(body, captured);
  return captured;
};

const none: ReadonlySet<string> = new Set();

/** Names of the surrounding graph that a node's bodies use; empty for a plain node. */
export const capturesOfNode = (node: Node): ReadonlySet<string> => {
  if (!hasSubgraph(node)) return none;
  const all = new Set<string>();
  for (const { graph } of subgraphsOf(node)) for (const name of capturesOf(graph)) all.add(name);
  return all;
};

/** Call `visit` with every value name that a graph or a body within it mentions. Errors: `model/too-deep`. */
export const eachName = (graph: Graph, visit: (name: string) => void, depth = 0): void => {
  if (depth >= maximumDepth) tooDeep();
  for (const input of graph.inputs) visit(input.name);
  for (const output of graph.outputs) visit(output.name);
  for (const name of graph.initializers.keys()) visit(name);
  for (const name of graph.sparse?.keys() ?? []) visit(name);
  for (const name of graph.values.keys()) visit(name);
  for (const node of graph.nodes) {
    node.inputs.forEach(visit);
    node.outputs.forEach(visit);
    if (hasSubgraph(node)) for (const { graph: body } of subgraphsOf(node)) eachName(body, visit, depth + 1);
  }
};

/** The node with its bodies replaced by `change(body)`; the same node when no body changes. */
export const mapBodies = (node: Node, change: (body: Graph) => Graph): Node => {
  let changed = false;
  const attributes: Record<string, Attribute> = {};
  for (const [name, attribute] of Object.entries(node.attributes)) {
    attributes[name] = attribute;
    if (attribute.kind === 'graph') {
      const value = change(attribute.value);
      if (value === attribute.value) continue;
      attributes[name] = { ...attribute, value };
      changed = true;
    } else if (attribute.kind === 'graphs') {
      const value = attribute.value.map(change);
      if (value.every((one, i) => one === attribute.value[i])) continue;
      attributes[name] = { ...attribute, value };
      changed = true;
    }
  }
  return changed ? { ...node, attributes } : node;
};

const renamed = <T>(map: ReadonlyMap<string, T>, names: ReadonlyMap<string, string>): ReadonlyMap<string, T> => {
  if (![...names.keys()].some((name) => map.has(name))) return map;
  return new Map([...map].map(([name, value]) => [names.get(name) ?? name, value]));
};

/** Rename captured values inside a body. A body's own definition that would hide the new name is renamed to `fresh(name)`
 *  first: names inside a body are not part of any signature, its inputs and outputs go by position. */
export const renameCaptured = (
  body: Graph,
  names: ReadonlyMap<string, string>,
  fresh: (hint: string) => string,
): Graph => {
  const captured = capturesOf(body);
  const wanted = new Map([...names].filter(([from, to]) => from !== to && captured.has(from)));
  if (wanted.size === 0) return body;
  const targets = new Set(wanted.values());
  const own = new Set<string>(body.initializers.keys());
  for (const input of body.inputs) own.add(input.name);
  for (const node of body.nodes) for (const name of node.outputs) own.add(name);
  for (const name of own) if (targets.has(name)) wanted.set(name, fresh(name));
  const to = (name: string): string => wanted.get(name) ?? name;
  return {
    ...body,
    inputs: body.inputs.map((one) => (wanted.has(one.name) ? { ...one, name: to(one.name) } : one)),
    outputs: body.outputs.map((one) => (wanted.has(one.name) ? { ...one, name: to(one.name) } : one)),
    initializers: renamed(body.initializers, wanted),
    values: new Map(
      [...body.values].map(([name, value]) =>
        wanted.has(name) ? [to(name), { ...value, name: to(name) }] : [name, value],
      ),
    ),
    nodes: body.nodes.map((node) => {
      const inner = mapBodies(node, (graph) => renameCaptured(graph, wanted, fresh));
      if (!node.inputs.some((name) => wanted.has(name)) && !node.outputs.some((name) => wanted.has(name))) return inner;
      return { ...inner, inputs: node.inputs.map(to), outputs: node.outputs.map(to) };
    }),
  };
};
