import type { Node } from '../../contracts/index.ts';
import { intOf } from '../../model/graph/index.ts';
import type { Layers } from './layers.ts';
import type { Norms } from './norms.ts';
import type { Anatomy, Table } from './types.ts';
import { isMicrosoft, isOp, type View } from './walk.ts';

type Tables = Pick<Anatomy, 'ids' | 'mapped' | 'word' | 'position' | 'type'>;

const none: Tables = { ids: null, mapped: false, word: null, position: null, type: null };

const handing = new Set('Cast Identity Reshape Squeeze Unsqueeze Expand Slice Flatten Max Min Clip'.split(' '));

interface Behind {
  readonly input: string;
  readonly mapped: boolean;
}

/** The graph input whose numbers an index is, as they are or by a list of other numbers; null: it is computed otherwise, or a constant. */
const inputBehind = ({ draft }: View, start: string): Behind | null => {
  let name = start;
  let mapped = false;
  for (let steps = 0; steps < 16; steps++) {
    if (draft.isInput(name) && draft.constant(name) === null) return { input: name, mapped };
    const node = draft.producer(name);
    if (node?.op === 'Gather' && draft.constant(node.inputs[0] ?? '')?.dims.length === 1) {
      mapped = true;
      name = node.inputs[1] ?? '';
      continue;
    }
    if (node?.domain !== '' || !handing.has(node.op)) return null;
    name = node.inputs[0] ?? '';
  }
  return null;
};

const tableOf = (view: View, name: string, gather: Node): Table | null => {
  const tensor = view.draft.constant(name);
  const [rows = 0, width = 0] = tensor?.dims ?? [];
  return tensor?.dtype === 'float32' && tensor.dims.length === 2 && rows > 0 && width > 0
    ? { name, rows, width, gather }
    : null;
};

/** Look-ups that the first hidden states are made of: back over sums, normalizations and a projection. */
const lookups = (view: View, layers: Layers, norms: Norms, start: string): Node[] => {
  const found = new Set<Node>();
  const seen = new Set<string>();
  const queue = [start];
  for (let name = queue.pop(); name !== undefined && seen.size < 100; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = view.draft.producer(name);
    if (!node) continue;
    const source = norms.sourceOf(name);
    if (source !== null) queue.push(source);
    if (isOp(node, 'Gather') || isMicrosoft(node, 'EmbedLayerNormalization')) found.add(node);
    else if (layers.at(node)) queue.push(node.inputs[0] ?? '');
    else if (isMicrosoft(node, 'SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'))
      queue.push(...node.inputs.slice(0, 2));
    else if (
      source === null &&
      isOp(
        node,
        'Add',
        'Mul',
        'Div',
        'Cast',
        'Identity',
        'Dropout',
        'Reshape',
        'Unsqueeze',
        'Squeeze',
        'Expand',
        'Transpose',
        'Slice',
      )
    )
      queue.push(...node.inputs.filter((one) => one !== ''));
  }
  return [...found];
};

/** The tables behind the first hidden states. A table that one graph input indexes directly is one of words or of types; one
 *  whose index is computed is one of positions. */
export const tablesBehind = (view: View, layers: Layers, norms: Norms, embedded: string): Tables => {
  const nodes = lookups(view, layers, norms, embedded);
  const fused = nodes.find((node) => isMicrosoft(node, 'EmbedLayerNormalization'));
  if (fused) {
    const [ids = '', , word = '', position = '', type = ''] = fused.inputs;
    const behind = inputBehind(view, ids);
    return {
      ids: behind?.input ?? null,
      mapped: behind?.mapped ?? false,
      word: tableOf(view, word, fused),
      position: tableOf(view, position, fused),
      type: type === '' ? null : tableOf(view, type, fused),
    };
  }
  const direct: ({ readonly table: Table } & Behind)[] = [];
  const computed: Table[] = [];
  for (const node of nodes) {
    const [data = '', index = ''] = node.inputs;
    const table = intOf(node, 'axis', 0) === 0 ? tableOf(view, data, node) : null;
    if (!table) continue;
    const behind = inputBehind(view, index);
    if (behind === null) computed.push(table);
    else direct.push({ table, ...behind });
  }
  const positional = direct.filter(({ input }) => /pos/i.test(input));
  const others = direct.filter(({ input }) => !/pos/i.test(input)).toSorted((a, b) => b.table.rows - a.table.rows);
  const [word, type] = others;
  if (!word) return none;
  return {
    ids: word.input,
    mapped: word.mapped,
    word: word.table,
    position: positional[0]?.table ?? computed.toSorted((a, b) => b.rows - a.rows)[0] ?? null,
    type: type?.table ?? null,
  };
};
