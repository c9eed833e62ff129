import { defineTechnique } from '../../contracts/index.ts';
import type { Context, Refusal } from '../../contracts/index.ts';
import { edit } from '../../model/graph/index.ts';
import { byteLengthOf } from '../../model/tensor/index.ts';
import { cutAxis } from './cut.ts';
import { countTokens } from './frequency.ts';
import { findBuffers, findPositionTables } from './position-tables.ts';
import { sizeText } from './report.ts';
import { mayLookUp } from './tables.ts';
import { isId, parseJson, printJson, record } from './tokenizer/json.ts';
import type { Json } from './tokenizer/types.ts';

/** Where config.json states the number of positions. */
const sizeKeys = ['max_position_embeddings', 'n_positions', 'n_ctx'] as const;
const shortest = 32;
const step = 8;

const because = (reason: string): Refusal => ({ reason, nodes: [] });

/** The files beside the model with the new limits: config.json loses as many positions as the table; tokenizers cut at `length`. */
const limitFiles = async (
  context: Context,
  fewer: number,
  length: number,
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const files = new Map<string, Uint8Array>();
  const change = async (name: string, next: (before: Json) => Json): Promise<void> => {
    const bytes = await context.companion(name);
    const parsed = bytes === null ? null : parseJson(bytes);
    if (parsed === null || typeof parsed === 'string') return;
    const before = record(parsed.value);
    const after = next(before);
    if (JSON.stringify(after) !== JSON.stringify(before)) files.set(name, printJson(after, parsed.indent));
  };
  const cut = (limit: unknown): number => (typeof limit === 'number' && limit > 0 ? Math.min(limit, length) : length);
  await change('config.json', (before) =>
    Object.fromEntries(
      Object.entries(before).map(([key, value]) => [
        key,
        (sizeKeys as readonly string[]).includes(key) && isId(value) && value > fewer ? value - fewer : value,
      ]),
    ),
  );
  await change('tokenizer_config.json', (before) => ({ ...before, model_max_length: cut(before['model_max_length']) }));
  await change('tokenizer.json', (before) => {
    const { truncation } = before;
    return typeof truncation === 'object' && truncation !== null
      ? { ...before, truncation: { ...truncation, max_length: cut(record(truncation)['max_length']) } }
      : before;
  });
  return files;
};

/** Only the positions that inputs reach: the table of position vectors ends at the longest length.
 *  Shapes: as before, for inputs up to the length; longer ones are an error of the runtime, so tokenizer and config.json cut there.
 *  Errors: `engine/cancelled`; those of reading. Source: Vaswani et al. 2017, §3.5, learned positional embeddings. */
export const positions = defineTechnique({
  id: 'trim/positions',
  version: 1,
  title: 'Fewer positions',
  source: 'Vaswani et al. 2017, "Attention Is All You Need", §3.5: learned positional embeddings',
  summary:
    'Ends the table of position vectors at the longest length that the data need, and lets the tokenizer cut there. ' +
    'Answers to texts up to that length stay the same; longer texts are cut earlier than before. ' +
    'It saves a little file size, most in small models with many positions; rotary and relative positions have no table.',
  fileSuffix: null,
  needs: { calibration: 'optional', training: false },
  options: {
    length: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 1_000_000,
      unit: 'tokens',
      description:
        'Longest input, special tokens included; 0 takes the longest in the data, rounded up to a multiple of 8, and 32 at least.',
    },
  },
  place: { stage: 'positions', saves: ['bytes'], quick: true },
  // Longer texts than those of the data are cut earlier.
  tolerance: () => null,
  check: ({ graph }) =>
    graph.nodes.some((node) => mayLookUp(node) || node.op === 'Slice') ? null : because('the graph looks up no table'),
  async apply(model, { length }, context) {
    context.signal.throwIfAborted();
    const draft = edit(model);
    const tables = findPositionTables(draft);
    if ('reason' in tables) return { model, changes: [], skipped: [tables] };
    let limit = length;
    if (limit === 0) {
      const inputs = new Set(
        model.graph.inputs.flatMap(({ name, type }) =>
          type?.kind === 'tensor' && (type.dtype === 'int64' || type.dtype === 'int32') && (type.dims?.length ?? 2) >= 2
            ? [name]
            : [],
        ),
      );
      const seen = await countTokens(context, inputs);
      if (seen === null)
        return {
          model,
          changes: [],
          skipped: [because('it needs data to tell how long inputs are, or the option length')],
        };
      limit = Math.max(shortest, Math.ceil(seen.longest / step) * step);
    }
    const lost = new Set<number>();
    for (const { name, axis, rows, node, highest } of tables) {
      const wanted = Math.max(limit + highest.length!, highest.fixed ?? 0) + 1;
      if (wanted >= rows) {
        draft.skip(node, `its table has ${rows} positions, and inputs of ${limit} tokens need ${wanted}`);
        continue;
      }
      const tensor = draft.constant(name)!;
      const entries = Array.from({ length: wanted }, (_, at) => at);
      const cut = await cutAxis(tensor, axis, entries, context);
      const saved = byteLengthOf(tensor.dtype, tensor.dims) - byteLengthOf(cut.dtype, cut.dims);
      draft.rename(name, draft.addInitializer(`${name}_kept`, cut));
      draft.note(
        `${wanted} of ${rows} positions stay, for inputs of up to ${limit} tokens: ${sizeText(saved)} less; longer inputs must be cut`,
        [node],
      );
      for (const buffer of findBuffers(draft, rows)) {
        const whole = draft.constant(buffer.name)!;
        draft.rename(
          buffer.name,
          draft.addInitializer(`${buffer.name}_kept`, await cutAxis(whole, buffer.axis, entries, context)),
        );
      }
      lost.add(rows - wanted);
    }
    const result = draft.done();
    if (lost.size === 0) return { model, changes: [], skipped: result.skipped };
    const companions = await limitFiles(context, Math.min(...lost), limit);
    return { ...result, ...(companions.size > 0 ? { companions } : {}) };
  },
});
