import { unreachable } from '../../../contracts/index.ts';
import type { Node } from '../../../contracts/index.ts';
import { labelOf } from '../attributes.ts';
import type { Draft } from '../edit.ts';
import { scalarConstant } from './scalar-constant.ts';
import type { Match, Miss, OpPattern, Outcome, Pattern, Shape } from './types.ts';

/** Places looked at per root before the search gives up. */
const mostSteps = 5_000;

/** What is bound so far. Never changed: other ways start from the same state. */
interface State {
  readonly nodes: readonly Node[];
  /** Inner nodes that others may use. */
  readonly shared: readonly Node[];
  readonly values: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, number>>;
  readonly numberRank: number;
  readonly captured: Readonly<Record<string, Node>>;
}

interface Search {
  readonly draft: Draft;
  /** The deepest failure so far. */
  miss: (Miss & { readonly whole: boolean }) | null;
  steps: number;
}

const qualified = (node: Node): string => (node.domain === '' ? node.op : `${node.domain}.${node.op}`);
const list = (names: readonly string[]): string => names.join(' or ');
const roleOf = (as: string | null, node: Node): string => (as === null ? `an input of ${node.op}` : `the ${as}`);

/** Keeps the deepest failure. What breaks a whole match weighs more than what broke another way at the same depth. */
const fail = (search: Search, state: State, node: Node, reason: string, whole = false): void => {
  const depth = state.nodes.length;
  const { depth: deepest, whole: settled } = search.miss ?? { depth: -1, whole: false };
  if (depth > deepest || (whole && !settled && depth === deepest)) search.miss = { reason, node, depth, whole };
};

/** The state with a value's name captured; null, and a failure, when the name stands for another value already. */
const bind = (search: Search, state: State, as: string | null, name: string, user: Node): State | null => {
  if (as === null) return state;
  const bound = Object.hasOwn(state.values, as) ? state.values[as] : undefined;
  if (bound === undefined) return { ...state, values: { ...state.values, [as]: name } };
  if (bound === name) return state;
  fail(search, state, user, `${user.op} uses ${name}, expected ${bound}`);
  return null;
};

/** Inputs one after the other; every way in which all of them match. */
function* inputsMatch(
  search: Search,
  patterns: readonly Pattern[],
  names: readonly string[],
  state: State,
  user: Node,
): Generator<State> {
  const [pattern, ...rest] = patterns;
  if (!pattern) {
    yield state;
    return;
  }
  for (const next of matches(search, pattern, names[0] ?? '', state, user))
    yield* inputsMatch(search, rest, names.slice(1), next, user);
}

function* nodeMatches(search: Search, pattern: OpPattern, node: Node, name: string, state: State): Generator<State> {
  const { draft } = search;
  const at = node.outputs.indexOf(name);
  if (at !== pattern.output)
    return fail(search, state, node, `output ${at} of ${labelOf(node)} is used, expected output ${pattern.output}`);
  const extra = node.inputs.slice(pattern.inputs.length).some((one) => one !== '');
  if (extra && !pattern.more) return fail(search, state, node, `${labelOf(node)} has more inputs than expected`);
  const again = state.nodes.includes(node);
  const next: State = {
    ...state,
    nodes: again ? state.nodes : [...state.nodes, node],
    shared: pattern.shared ? [...state.shared, node] : state.shared,
    captured: pattern.as === null ? state.captured : { ...state.captured, [pattern.as]: node },
  };
  const wrong = pattern.where?.(node, draft) ?? null;
  if (wrong !== null) return fail(search, next, node, `${node.op} ${labelOf(node)} ${wrong}`);
  yield* inputsMatch(search, pattern.inputs, node.inputs, next, node);
  const [a = '', b = '', ...others] = node.inputs;
  if (pattern.commutes && a !== b) yield* inputsMatch(search, pattern.inputs, [b, a, ...others], next, node);
}

/** Every way in which a pattern matches a value that `user` uses. Depth is the pattern's depth. */
function* matches(search: Search, pattern: Pattern, name: string, state: State, user: Node): Generator<State> {
  const { draft } = search;
  if (++search.steps > mostSteps) return;
  switch (pattern.kind) {
    case 'absent':
      if (name === '') yield state;
      else fail(search, state, user, `${user.op} has an input that was not expected: ${name}`);
      return;
    case 'value': {
      if (name === '') return fail(search, state, user, `${user.op} lacks an input`);
      const wrong = pattern.where?.(name, draft) ?? null;
      if (wrong !== null) return fail(search, state, user, `${name} ${wrong}`);
      const next = bind(search, state, pattern.as, name, user);
      if (next) yield next;
      return;
    }
    case 'constant': {
      const found = name === '' ? null : (draft.constant(name) ?? draft.captured(name));
      if (!found) return fail(search, state, user, `${roleOf(pattern.as, user)} is not a constant`);
      const wrong = pattern.where?.(found) ?? null;
      if (wrong !== null) return fail(search, state, user, `${roleOf(pattern.as, user)} ${wrong}`);
      const next = bind(search, state, pattern.as, name, user);
      if (next) yield next;
      return;
    }
    case 'number': {
      const found = name === '' ? null : scalarConstant(draft, name);
      if (!found) return fail(search, state, user, `${roleOf(pattern.as, user)} is not one constant number`);
      const wrong = pattern.where(found.value, found.precision);
      if (wrong !== null) return fail(search, state, user, `${roleOf(pattern.as, user)} ${wrong}`);
      const numbers = pattern.as === null ? state.numbers : { ...state.numbers, [pattern.as]: found.value };
      // The same role may be played by several constants.
      const values = pattern.as === null ? state.values : { ...state.values, [pattern.as]: name };
      yield { ...state, values, numbers, numberRank: Math.max(state.numberRank, found.rank) };
      return;
    }
    case 'oneOf':
      for (const one of pattern.of) yield* matches(search, one, name, state, user);
      return;
    case 'through': {
      yield* matches(search, pattern.of, name, state, user);
      const wrapper = draft.producer(name);
      if (pattern.most === 0 || !wrapper || !pattern.ops.includes(qualified(wrapper))) return;
      const nodes = state.nodes.includes(wrapper) ? state.nodes : [...state.nodes, wrapper];
      const next = { ...state, nodes };
      yield* matches(search, { ...pattern, most: pattern.most - 1 }, wrapper.inputs[0] ?? '', next, wrapper);
      return;
    }
    case 'op': {
      const node = name === '' ? undefined : draft.producer(name);
      if (!node) return fail(search, state, user, `${name} is made by no operator, expected ${list(pattern.ops)}`);
      if (!pattern.ops.includes(qualified(node)))
        return fail(search, state, user, `${name} is made by ${node.op}, expected ${list(pattern.ops)}`);
      yield* nodeMatches(search, pattern, node, name, state);
      return;
    }
  }
}

/** The first use of an inner value outside of the match, as a reason; null when there is none. `result` is the match's own. */
const leak = (
  draft: Draft,
  { nodes, shared }: State,
  result: string,
): { readonly node: Node; readonly reason: string } | null => {
  for (const node of nodes) {
    if (shared.includes(node)) continue;
    for (const name of node.outputs) {
      if (name === '' || name === result) continue;
      if (draft.isOutput(name)) return { node, reason: `the value ${name} is also an output of the graph` };
      if (draft.capturedBySubgraph(name)) return { node, reason: `the value ${name} is also used by a body` };
      const other = draft.consumers(name).find((one) => !nodes.includes(one) && one.outputs.some(draft.isUsed));
      if (other) return { node, reason: `the value ${name} is also used by ${labelOf(other)}` };
    }
  }
  return null;
};

const matchOf = ({ nodes, values, numbers, numberRank, captured }: State): Match => {
  const get = <T>(from: Readonly<Record<string, T>>, as: string): T | null =>
    Object.hasOwn(from, as) ? (from[as] ?? null) : null;
  const need = <T>(from: Readonly<Record<string, T>>, as: string): T =>
    get(from, as) ?? unreachable(`the pattern captured no ${as}`);
  return {
    root: nodes[0] ?? unreachable('a match without nodes'),
    nodes,
    numberRank,
    value: (as) => need(values, as),
    maybe: (as) => get(values, as),
    number: (as) => need(numbers, as),
    maybeNumber: (as) => get(numbers, as),
    node: (as) => need(captured, as),
    maybeNode: (as) => get(captured, as),
  };
};

/** Try a pattern with this node as its last one. The first way that fits, in the order in which the pattern lists alternatives;
 *  else the deepest failure. Inner values must be used by the match alone, unless their node is declared shared. Looks at a
 *  bounded number of places; reads constants of one element only.
 *  Errors: `model/data`, `model/attribute` from damaged files. */
export const matchAt = (draft: Draft, { root, where, name }: Shape, node: Node): Outcome => {
  const search: Search = { draft, miss: null, steps: 0 };
  const empty: State = { nodes: [], shared: [], values: {}, numbers: {}, numberRank: 0, captured: {} };
  const roots = root.kind === 'oneOf' ? root.of : [root];
  for (const pattern of roots) {
    if (pattern.kind !== 'op' || !pattern.ops.includes(qualified(node))) continue;
    const output = node.outputs[pattern.output] ?? '';
    if (output === '') continue;
    for (const state of nodeMatches(search, pattern, node, output, empty)) {
      const outside = leak(draft, state, output);
      if (outside) {
        fail(search, state, outside.node, outside.reason, true);
        continue;
      }
      const match = matchOf(state);
      const wrong = where?.(match, draft) ?? null;
      if (wrong === null) return { kind: 'match', match };
      fail(search, state, node, wrong, true);
    }
  }
  if (search.steps > mostSteps) fail(search, empty, node, 'there are too many ways to look at it');
  const { reason, node: at, depth } = search.miss ?? { reason: `${node.op} is not where ${name} ends`, node, depth: 0 };
  return { kind: 'miss', miss: { reason, node: at, depth } };
};
