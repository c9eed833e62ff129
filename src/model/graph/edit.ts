import { unreachable } from '../../contracts/index.ts';
import type {
  Attribute,
  Change,
  DataType,
  Dim,
  Model,
  Node,
  Refusal,
  TechniqueResult,
  Tensor,
} from '../../contracts/index.ts';
import { labelOf } from './attributes.ts';
import { constantValue, overridableOf } from './constants.ts';
import { finish } from './finish.ts';
import { capturesOf, capturesOfNode, eachName, mapBodies, renameCaptured } from './scope.ts';
import { fromTensor, inferFacts, inferNode } from './shapes/infer.ts';
import type { Outer } from './shapes/infer.ts';
import type { Inferred } from './shapes/types.ts';

export interface NodeInit {
  readonly op: string;
  /** Default: '' (ai.onnx). */
  readonly domain?: string;
  readonly name?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A model under change. The model it came from stays as it was; parts that do not change are shared with it. Nodes may be
 *  named by any version of their object: the one from the original model stays valid after renames. Names of graph inputs
 *  and outputs are the model's signature and never change. Only the main graph is edited; bodies of If, Loop and Scan follow
 *  renames. Every edit costs time in proportion to the uses it touches. */
export interface Draft {
  /** As it was. */
  readonly model: Model;
  /** The graph is a body of If, Loop or Scan. */
  readonly body: boolean;
  /** Current nodes: originals in their order, replacements in the place of what they replace. */
  nodes(): readonly Node[];
  /** The node as it is now, or undefined when it was removed. */
  current(node: Node): Node | undefined;
  isInput(name: string): boolean;
  isOutput(name: string): boolean;
  producer(name: string): Node | undefined;
  /** Nodes of the main graph that list the value among their inputs, each once. */
  consumers(name: string): readonly Node[];
  /** Whether a body of If, Loop or Scan uses the value. */
  capturedBySubgraph(name: string): boolean;
  /** Whether anything uses the value: a node, a body, or the caller as an output. */
  isUsed(name: string): boolean;
  /** The value of an initializer (not one that callers may override) or of a Constant node. Reads nothing. */
  constant(name: string): Tensor | null;
  /** In a body: the constant of a graph around it that the body captures under this name. null in the main graph, for the
   *  body's own values and for computed ones. A changed copy belongs into the body (`addInitializer`); the weight outside
   *  stays as long as anything uses it. */
  captured(name: string): Tensor | null;
  /** Sizes, as far as known; null when even the rank is unknown. In a body also of captured values; likewise `dtype` and
   *  `contents`. */
  shape(name: string): readonly Dim[] | null;
  dtype(name: string): DataType | null;
  /** Contents of a small integer value as far as shape inference knows them. */
  contents(name: string): readonly Dim[] | null;
  /** A value name that nothing uses yet, close to the hint. */
  fresh(hint: string): string;
  /** Adds a weight; answers its name. */
  addInitializer(hint: string, tensor: Tensor): string;
  /** New nodes take a node's place. They must produce every used output of the old one. Nodes in `inner`, which they stand for
   *  too, go as well where nothing uses their outputs any more. Logs a Change that names all that went. */
  replace(node: Node, nodes: readonly NodeInit[], what: string, inner?: readonly Node[]): void;
  /** Adds nodes; `done` puts them in front of their first use. Logs nothing. */
  insert(nodes: readonly NodeInit[]): void;
  /** Removes a node that only passes its first input on: all uses of its first output use the input. A node that makes a
   *  graph output hands that name to the maker of its input. Answers false, and changes nothing, where that is impossible
   *  (the input is itself part of the signature, a weight, or captured with the output) or another output is used. */
  bypass(node: Node, what: string): boolean;
  /** All uses of `from` by nodes and bodies now use `to`; a graph output named `from` keeps its name and value. Logs nothing. */
  rename(from: string, to: string): void;
  /** Logs a Change that other calls did not log. */
  note(what: string, nodes: readonly Node[]): void;
  /** Logs a Refusal. */
  skip(node: Node, reason: string): void;
  /** Makes sure that an operator set is imported at this version or later; never lowers. Answers false, and changes nothing,
   *  when ai.onnx would have to be raised: that changes what existing nodes mean. */
  requireOpset(domain: string, version: number): boolean;
  /** The new model: dead nodes and unused weights dropped, nodes in topological order. With no change at all, the original. */
  done(): TechniqueResult;
}

interface Cell {
  node: Node;
  /** Place in the original order; replacements inherit it. */
  readonly slot: number;
  alive: boolean;
}

const noCells: ReadonlySet<Cell> = new Set();

export interface EditOptions {
  /** Names that `fresh` must not give, besides the model's own. */
  readonly reserved?: ReadonlySet<string>;
  /** The graph is a body: its inputs go by position and stay, whatever the IR version. */
  readonly body?: boolean;
  /** The graphs around a body; without it nothing is known about captured values. */
  readonly outer?: Outer;
}

/** Start changing a model. Time: one pass over the graph; types are inferred at the first question about one. */
export const edit = (model: Model, options: EditOptions = {}): Draft => {
  const { graph } = model;
  const overridable = overridableOf(model, graph);
  const inputs = new Set(graph.inputs.map((one) => one.name));
  const outputs = new Set(graph.outputs.map((one) => one.name));
  const cells = new Map<Node, Cell>();
  const order: Cell[] = [];
  const producers = new Map<string, Cell>();
  const uses = new Map<string, Set<Cell>>();
  const captures = new Map<string, Set<Cell>>();
  const added = new Map<string, Tensor>();
  const opsets = new Map(model.opsets);
  const changes: Change[] = [];
  const skipped: Refusal[] = [];
  let edited = false;
  let names: Set<string> | null = null;
  let facts: Map<string, Inferred | null> | null = null;

  const addTo = (map: Map<string, Set<Cell>>, name: string, cell: Cell): void => {
    if (name === '') return;
    const set = map.get(name);
    if (set) set.add(cell);
    else map.set(name, new Set([cell]));
  };
  const link = (cell: Cell): void => {
    cells.set(cell.node, cell);
    for (const name of cell.node.outputs) if (name !== '') producers.set(name, cell);
    for (const name of cell.node.inputs) addTo(uses, name, cell);
    for (const name of capturesOfNode(cell.node)) addTo(captures, name, cell);
  };
  const unlink = (cell: Cell): void => {
    for (const name of cell.node.outputs) if (producers.get(name) === cell) producers.delete(name);
    for (const name of cell.node.inputs) uses.get(name)?.delete(cell);
    for (const name of capturesOfNode(cell.node)) captures.get(name)?.delete(cell);
  };
  const update = (cell: Cell, node: Node): void => {
    unlink(cell);
    cell.node = node;
    link(cell);
    edited = true;
  };
  graph.nodes.forEach((node, slot) => {
    const cell = { node, slot, alive: true };
    order.push(cell);
    link(cell);
  });

  const cellOf = (node: Node): Cell => {
    const cell = cells.get(node);
    if (!cell?.alive) return unreachable(`${labelOf(node)} is not a node of this draft (any more)`);
    return cell;
  };
  const claim = (name: string): void => {
    if (names !== null) names.add(name);
  };
  const allNames = (): Set<string> => {
    if (names !== null) return names;
    const found = new Set<string>(added.keys());
    for (const name of options.reserved ?? []) found.add(name);
    eachName(graph, (name) => found.add(name));
    for (const cell of order) {
      cell.node.inputs.forEach((name) => found.add(name));
      cell.node.outputs.forEach((name) => found.add(name));
    }
    names = found;
    return found;
  };
  const counters = new Map<string, number>();
  const fresh = (hint: string): string => {
    const taken = allNames();
    const stem = hint === '' ? 'value' : hint;
    let name = stem;
    let count = counters.get(stem) ?? 0;
    while (taken.has(name)) name = `${stem}_${++count}`;
    counters.set(stem, count);
    taken.add(name);
    return name;
  };
  const make = (init: NodeInit, slot: number): Cell => {
    const node: Node = {
      name: init.name ?? '',
      op: init.op,
      domain: init.domain ?? '',
      inputs: [...init.inputs],
      outputs: [...init.outputs],
      attributes: init.attributes ?? {},
    };
    for (const name of node.outputs) {
      const other = name === '' ? undefined : producers.get(name);
      if (other?.alive) unreachable(`two nodes would produce ${name}`);
      if (name !== '' && inputs.has(name)) unreachable(`a node would produce the graph input ${name}`);
      claim(name);
      // Asked for before it existed: unknown then, known now.
      if (facts?.get(name) === null) facts.delete(name);
    }
    return { node, slot, alive: true };
  };
  const add = (inits: readonly NodeInit[], slot: number): void => {
    for (const init of inits) {
      const cell = make(init, slot);
      order.push(cell);
      link(cell);
    }
    edited = true;
  };
  const used = (name: string): boolean =>
    name !== '' && (outputs.has(name) || (uses.get(name)?.size ?? 0) > 0 || (captures.get(name)?.size ?? 0) > 0);
  const remove = (cell: Cell): void => {
    unlink(cell);
    cell.alive = false;
    edited = true;
  };

  const rename = (from: string, to: string): void => {
    if (from === to || from === '') return;
    const map = new Map([[from, to]]);
    for (const cell of uses.get(from) ?? noCells) {
      update(cell, { ...cell.node, inputs: cell.node.inputs.map((name) => (name === from ? to : name)) });
    }
    for (const cell of captures.get(from) ?? noCells) {
      update(
        cell,
        mapBodies(cell.node, (body) => renameCaptured(body, map, fresh)),
      );
    }
  };
  const constant = (name: string): Tensor | null => {
    if (added.has(name)) return added.get(name) ?? null;
    if (overridable.has(name)) return null;
    const weight = graph.initializers.get(name);
    if (weight) return weight;
    const maker = producers.get(name);
    return maker ? constantValue(maker.node) : null;
  };
  const isCaptured = (name: string): boolean =>
    options.outer !== undefined && !added.has(name) && !producers.has(name) && capturesOf(graph).has(name);
  const fact = (name: string): Inferred | null => {
    facts ??= new Map(
      inferFacts(model, { body: options.body ?? false, ...(options.outer ? { outer: options.outer } : {}) }),
    );
    const known = facts.get(name);
    if (known !== undefined) return known;
    if (isCaptured(name)) return options.outer?.fact(name) ?? null;
    const tensor = constant(name);
    const maker = producers.get(name);
    facts.set(name, tensor ? fromTensor(tensor) : null);
    if (!tensor && maker) {
      const results = inferNode(maker.node, { opsets, lookup: fact, constant });
      maker.node.outputs.forEach((output, i) => facts?.set(output, results[i] ?? null));
    }
    return facts.get(name) ?? null;
  };

  const bypass = (node: Node, what: string): boolean => {
    const cell = cellOf(node);
    const [input = ''] = cell.node.inputs;
    const [output = '', ...others] = cell.node.outputs;
    if (input === '' || output === '' || others.some(used)) return false;
    const label = labelOf(cell.node);
    if (outputs.has(output)) {
      const maker = producers.get(input);
      if (!maker || outputs.has(input)) return false;
      remove(cell);
      rename(input, output);
      update(maker, { ...maker.node, outputs: maker.node.outputs.map((name) => (name === input ? output : name)) });
      if (facts?.has(input)) facts.set(output, facts.get(input) ?? null);
    } else {
      remove(cell);
      rename(output, input);
    }
    changes.push({ what, nodes: [label] });
    return true;
  };

  return {
    model,
    body: options.body ?? false,
    nodes: () =>
      order
        .filter((cell) => cell.alive)
        .toSorted((a, b) => a.slot - b.slot)
        .map((cell) => cell.node),
    current: (node) => {
      const cell = cells.get(node);
      return cell?.alive ? cell.node : undefined;
    },
    isInput: (name) => inputs.has(name),
    isOutput: (name) => outputs.has(name),
    producer: (name) => producers.get(name)?.node,
    consumers: (name) => [...(uses.get(name) ?? noCells)].map((cell) => cell.node),
    capturedBySubgraph: (name) => (captures.get(name)?.size ?? 0) > 0,
    isUsed: used,
    constant,
    captured: (name) => (isCaptured(name) ? (options.outer?.constant(name) ?? null) : null),
    shape: (name) => fact(name)?.dims ?? null,
    dtype: (name) => fact(name)?.dtype ?? null,
    contents: (name) => fact(name)?.data ?? null,
    fresh,
    addInitializer: (hint, tensor) => {
      const name = fresh(hint);
      added.set(name, tensor);
      edited = true;
      return name;
    },
    replace: (node, nodes, what, inner = []) => {
      const cell = cellOf(node);
      const needed = cell.node.outputs.filter(used);
      const label = labelOf(cell.node);
      remove(cell);
      add(nodes, cell.slot);
      for (const name of needed)
        if (!producers.get(name)?.alive) unreachable(`the replacement of ${label} lost ${name}`);
      const gone = [label];
      let waiting = inner.filter((one) => cells.get(one)?.alive === true).map(cellOf);
      for (let before = -1; before !== waiting.length;) {
        before = waiting.length;
        waiting = waiting.filter((one) => {
          if (one.node.outputs.some(used)) return true;
          gone.push(labelOf(one.node));
          remove(one);
          return false;
        });
      }
      changes.push({ what, nodes: gone });
    },
    insert: (nodes) => add(nodes, Number.MAX_SAFE_INTEGER),
    bypass,
    rename,
    note: (what, nodes) => {
      edited = true;
      changes.push({ what, nodes: nodes.map(labelOf) });
    },
    skip: (node, reason) => {
      skipped.push({ reason, nodes: [labelOf(cells.get(node)?.node ?? node)] });
    },
    requireOpset: (domain, version) => {
      const present = opsets.get(domain);
      if (present !== undefined && present >= version) return true;
      if (domain === '') return false;
      opsets.set(domain, version);
      edited = true;
      return true;
    },
    done: () => {
      if (!edited) return { model, changes, skipped };
      const nodes = order.filter((cell) => cell.alive).toSorted((a, b) => a.slot - b.slot);
      return finish(
        model,
        { nodes: nodes.map((cell) => cell.node), added, opsets, overridable, body: options.body ?? false },
        changes,
        skipped,
      );
    },
  };
};
