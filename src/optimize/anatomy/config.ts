import type { Anatomy } from './types.ts';

/** The sizes of a transformer that config.json states; absent: not known, or not one number for all blocks. */
export interface Shape {
  readonly layers?: number;
  readonly width?: number;
  readonly heads?: number;
  /** Heads of key and value. */
  readonly keyHeads?: number;
  readonly headWidth?: number;
  /** Inner width of the feed-forward part. */
  readonly ffn?: number;
  /** Width of the word table; absent where `width` is given: the same. */
  readonly embedding?: number;
}

/** What model families call the parts of a shape in config.json. */
const names: Readonly<Record<keyof Shape, readonly string[]>> = {
  layers: ['num_hidden_layers', 'n_layers', 'num_layers', 'n_layer'],
  width: ['hidden_size', 'dim', 'd_model', 'n_embd'],
  heads: ['num_attention_heads', 'n_heads', 'n_head'],
  keyHeads: ['num_key_value_heads'],
  headWidth: ['head_dim'],
  ffn: ['intermediate_size', 'hidden_dim', 'ffn_dim', 'n_inner'],
  embedding: ['embedding_size'],
};

const parsed = (bytes: Uint8Array): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
};

const written = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

/** The tokenizer_config.json of a model that takes fewer tokens than it did; null when it states no more than that. */
export const tokenizerConfigWith = (bytes: Uint8Array, mostTokens: number): Uint8Array | null => {
  const config = parsed(bytes);
  const stated = config?.['model_max_length'];
  return typeof stated === 'number' && stated > mostTokens
    ? written({ ...config, model_max_length: mostTokens })
    : null;
};

/** The number that all blocks have in common, if they do. */
const common = (values: readonly number[]): number | undefined => (new Set(values).size === 1 ? values[0] : undefined);

/** The shape of a model as it stands. */
export const shapeOf = ({ width, blocks, word }: Anatomy): Shape => {
  const parts: Record<keyof Shape, number | undefined> = {
    layers: blocks.length,
    width,
    heads: common(blocks.map(({ attention }) => attention.heads)),
    keyHeads: common(blocks.map(({ attention }) => attention.keyHeads)),
    headWidth: common(blocks.map(({ attention }) => attention.headWidth)),
    ffn: common(blocks.map(({ feedForward }) => feedForward.size)),
    embedding: word?.width ?? width,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
};

/** The config.json of a model with another shape: keys that it has are set, none is added. `fewerPositions` is by how much the table of positions
 *  became shorter. null when the file is no JSON object or says nothing of the shape. */
export const configWith = (bytes: Uint8Array, shape: Shape, fewerPositions = 0): Uint8Array | null => {
  const known = parsed(bytes);
  if (known === null) return null;
  const changed = { ...known };
  for (const [part, keys] of Object.entries(names))
    for (const key of keys)
      if (typeof known[key] === 'number')
        changed[key] = shape[part as keyof Shape] ?? (part === 'embedding' ? shape.width : undefined) ?? known[key];
  const positions = known['max_position_embeddings'];
  if (typeof positions === 'number') changed['max_position_embeddings'] = positions - fewerPositions;
  const same = Object.keys(known).every((key) => changed[key] === known[key]);
  return same ? null : written(changed);
};
