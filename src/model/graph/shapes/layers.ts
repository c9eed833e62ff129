import type { Dim } from '../../../contracts/index.ts';
import { intOf } from '../attributes.ts';
import { agree, axisOf } from './dims.ts';
import { known } from './types.ts';
import type { Inferred, Rule, Rules } from './types.ts';

const layerNormalization: Rule = (at) => {
  const x = at.dims(0);
  const axis = x && axisOf(intOf(at.node, 'axis', -1), x.length);
  const stash = intOf(at.node, 'stash_type', 1) === 1 ? 'float32' : null;
  const statistics = known(stash, x && axis !== null ? x.map((dim, i) => (i < axis ? dim : 1)) : null);
  return [known(at.dtype(0), x), statistics, statistics];
};

const batchNormalization: Rule = (at) => {
  const statistics = known(at.dtype(3), at.dims(3));
  return [known(at.dtype(0), at.dims(0)), statistics, statistics];
};

/** LSTM, GRU, RNN. Y [sequence, directions, batch, hidden], Y_h [directions, batch, hidden]; with layout 1 batch comes first. */
const recurrent: Rule = (at) => {
  const x = at.dims(0);
  const directions = at.dims(1)?.[0] ?? null;
  const hidden: Dim = intOf(at.node, 'hidden_size', null) ?? at.dims(2)?.[2] ?? null;
  const batchFirst = intOf(at.node, 'layout', 0) === 1;
  const [sequence, batch] = x
    ? batchFirst
      ? [x[1] ?? null, x[0] ?? null]
      : [x[0] ?? null, x[1] ?? null]
    : [null, null];
  const all = batchFirst ? [batch, sequence, directions, hidden] : [sequence, directions, batch, hidden];
  const last = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  const dtype = at.dtype(0);
  return [known(dtype, all), known(dtype, last), known(dtype, last)];
};

const conditional: Rule = (at) => {
  const yes = at.body('then_branch', []);
  const no = at.body('else_branch', []);
  return at.node.outputs.map((_, i): Inferred | null => {
    const [a, b] = [yes[i], no[i]];
    if (!a || !b || a.other || b.other) return null;
    return known(a.dtype === b.dtype ? a.dtype : null, agree(a.dims, b.dims));
  });
};

const typeOnly = (value: Inferred | null): Inferred | null => value && (value.other ? null : known(value.dtype, null));

/** Loop-carried values keep their type; their shape may change from turn to turn, so none is claimed. */
const loop: Rule = (at) => {
  const carried = at.node.inputs.length - 2;
  const inputs = [
    known('int64', []),
    known('bool', []),
    ...at.node.inputs.slice(2).map((_, i) => typeOnly(at.input(i + 2))),
  ];
  const results = at.body('body', inputs).slice(1);
  return at.node.outputs.map((_, i) => {
    const result = results[i] ?? null;
    if (!result || result.other) return null;
    // A scan output stacks one value per turn.
    return i < carried
      ? known(at.dtype(i + 2) ?? result.dtype, null)
      : known(result.dtype, result.dims && [null, ...result.dims]);
  });
};

const scan: Rule = (at) => {
  const scanned = intOf(at.node, 'num_scan_inputs', 0);
  const states = at.node.inputs.length - scanned;
  if (at.opset < 9 || states < 0) return [];
  const results = at.body(
    'body',
    at.node.inputs.map((_, i) => typeOnly(at.input(i))),
  );
  return at.node.outputs.map((_, i) => {
    const dtype = results[i]?.dtype ?? null;
    return known(dtype, i < states ? at.dims(i) : null);
  });
};

/** Attention-23. Inputs [batch, heads, sequence, width] or, with head counts as attributes, [batch, sequence, heads·width]. */
const attention: Rule = (at) => {
  const [q, v] = [at.dims(0), at.dims(2)];
  const dtype = at.dtype(0);
  if (!q || !v || q.length !== v.length) return [known(dtype, null)];
  if (q.length === 4) return [known(dtype, [q[0] ?? null, q[1] ?? null, q[2] ?? null, v[3] ?? null])];
  const heads = intOf(at.node, 'q_num_heads', null);
  const sources = intOf(at.node, 'kv_num_heads', null);
  const packed = v[2];
  const width = typeof packed === 'number' && heads && sources ? (packed / sources) * heads : null;
  return [known(dtype, q.length === 3 ? [q[0] ?? null, q[1] ?? null, width] : null)];
};

/** Normalizations over layers, recurrent layers, control flow. Source: ONNX operator specification. */
export const layers: Rules = {
  LayerNormalization: layerNormalization,
  SimplifiedLayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
  Attention: attention,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  If: conditional,
  Loop: loop,
  Scan: scan,
};
