import type { KernelGroup, KernelRow, Model, Node, SessionOptions } from '../../contracts/index.ts';
import { indexOf, labelOf } from '../../model/graph/index.ts';
import type { KernelEvent, ProfiledRun } from '../../runtime/index.ts';
import { isControl, kernelOf, typeOfProfile, type Kernel } from './kernels.ts';
import { intentOf, noteOf } from './reasons.ts';
import { opName, placesOf, type Place, type Scope } from './scopes.ts';

export interface KernelTable {
  readonly groups: readonly KernelGroup[];
  readonly rows: readonly KernelRow[];
  readonly kernelMs: number;
  readonly integerShare: number;
  /** Kernels that ran without a node in the optimized graph that they belong to. */
  readonly unplaced: number;
}

/** Which node an event belongs to: by name, or for nodes without one by operator, in the order in which they run. */
export const matchEvents = (
  places: readonly Place[],
  events: readonly KernelEvent[],
): { readonly of: ReadonlyMap<Place, KernelEvent>; readonly unplaced: readonly KernelEvent[] } => {
  const waiting = new Map<string, Place[]>();
  const keyOf = (name: string, op: string): string => JSON.stringify([name, op]);
  for (const place of places) {
    const key = keyOf(place.node.name, place.node.op);
    const list = waiting.get(key);
    if (list === undefined) waiting.set(key, [place]);
    else list.push(place);
  }
  const next = new Map<string, number>();
  const of = new Map<Place, KernelEvent>();
  const unplaced: KernelEvent[] = [];
  for (const event of events) {
    const named = keyOf(event.name, event.op);
    const key = waiting.has(named) ? named : event.name === `${event.op}_${event.index}` ? keyOf('', event.op) : named;
    const at = next.get(key) ?? 0;
    const place = waiting.get(key)?.[at];
    next.set(key, at + 1);
    if (place === undefined) unplaced.push(event);
    else of.set(place, event);
  }
  return { of, unplaced };
};

const matrixLike = new Set(
  'MatMul Gemm Conv ConvTranspose Gather LSTM GRU RNN Attention MultiHeadAttention Einsum MatMulInteger ConvInteger QLinearMatMul QLinearConv MatMulNBits'.split(
    ' ',
  ),
);

/** The user's own name for what the runtime renamed or merged: found through the values that both graphs have. */
export const namer = (original: Model): ((place: Place) => string) => {
  const places = placesOf(original);
  const names = new Set(places.map(({ node }) => node.name));
  const producers = new Map<string, Node>();
  for (const { node } of places) for (const output of node.outputs) producers.set(output, node);
  /** Up from what the value is named after to the matrix operation that it comes from. */
  const behind = (value: string): string | null => {
    let node = producers.get(value);
    for (let step = 0; node !== undefined && step < 8; step++) {
      if (matrixLike.has(node.op)) return labelOf(node);
      node = node.inputs.map((input) => producers.get(input)).find((one) => one !== undefined);
    }
    return null;
  };
  return ({ node, scope }: Place): string => {
    if (node.name !== '' && names.has(node.name)) return node.name;
    // Blocked convolutions are named after the value that they make.
    const blocked = node.name.endsWith('_nchwc') ? behind(node.name.slice(0, -'_nchwc'.length)) : null;
    if (blocked !== null) return blocked;
    for (const output of node.outputs) {
      const found = output === '' ? null : behind(output);
      if (found !== null) return found;
      for (const user of scope.index.consumers(output))
        for (const later of user.outputs) {
          const beyond = later === '' ? null : behind(later);
          if (beyond !== null) return beyond;
        }
    }
    return labelOf(node);
  };
};

export const mostRows = 2_000;

/** Join the optimized graph with the times of its kernels, and both with the graph that the user wrote.
 *  Units: milliseconds per run; shares of the time of all kernels. Nodes that only hold other nodes do not count. */
export const kernelTable = (
  original: Model,
  { optimized, events, runs }: Pick<ProfiledRun, 'optimized' | 'events' | 'runs'>,
  session: SessionOptions,
): KernelTable => {
  const places = placesOf(optimized);
  const { of, unplaced } = matchEvents(places, events);
  const main: Scope = placesOf(original).find(({ scope }) => scope.outer === null)?.scope ?? emptyScope(original);
  const nameOf = namer(original);
  const perRun = (micros: number): number => micros / 1000 / Math.max(1, runs);
  const counted = (event: KernelEvent): boolean => !['If', 'Loop', 'Scan', 'SequenceMap'].includes(event.op);
  const total = events.filter(counted).reduce((sum, { micros }) => sum + micros, 0);
  const groups = new Map<string, { kernel: Kernel; nodes: number; micros: number }>();
  const count = (kernel: Kernel, micros: number): void => {
    const group = groups.get(kernel.label) ?? { kernel, nodes: 0, micros: 0 };
    group.nodes++;
    group.micros += micros;
    groups.set(kernel.label, group);
  };
  const rows: KernelRow[] = [];
  let integer = 0;
  for (const place of places) {
    if (isControl(place.node)) continue;
    const event = of.get(place);
    const kernel = kernelOf(place, typeOfProfile(event?.firstInput?.dtype));
    const micros = event?.micros ?? 0;
    count(kernel, micros);
    if (kernel.integer) integer += micros;
    if (!kernel.row) continue;
    const { meant, why } = intentOf(place, kernel.integer, main, session);
    rows.push({
      node: nameOf(place),
      op: opName(place.node),
      kernel: kernel.label,
      family: kernel.family,
      share: event === undefined ? null : total === 0 ? 0 : micros / total,
      calls: (event?.calls ?? 0) / Math.max(1, runs),
      timeMs: perRun(micros),
      meant,
      why,
      note: noteOf(place, kernel.label),
    });
  }
  for (const event of unplaced)
    if (counted(event)) count({ label: 'other operators', family: 'other', integer: false, row: false }, event.micros);
  const share = (micros: number): number => (total === 0 ? 0 : micros / total);
  return {
    groups: [...groups.values()]
      .map(({ kernel, nodes, micros }) => ({
        kernel: kernel.label,
        family: kernel.family,
        nodes,
        share: share(micros),
      }))
      .sort((a, b) => b.share - a.share || a.kernel.localeCompare(b.kernel)),
    // Unfulfilled ones are never the ones that are cut off.
    rows: rows.toSorted((a, b) => Number(b.why !== null) - Number(a.why !== null) || b.timeMs - a.timeMs),
    kernelMs: perRun(total),
    integerShare: share(integer),
    unplaced: unplaced.length,
  };
};

const emptyScope = ({ graph }: Model): Scope => ({
  graph,
  outer: null,
  index: indexOf(graph),
});
