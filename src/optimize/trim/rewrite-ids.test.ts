import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { demandsOf, type Demands } from './demands.ts';
import { rewriteIds } from './rewrite-ids.ts';
import { findTables, type Tables } from './tables.ts';
import { bytesOfJson, wordPieceFile } from './testing/tokenizers.ts';
import { jsonOf, world } from './testing/world.ts';
import { readTokenizerFile, type TokenizerFile } from './tokenizer/file.ts';

test('added tokens without a row keep their place behind the table; sealed vocabularies are named', async () => {
  const json = wordPieceFile(['my cards', 'my card'], 20);
  const size = Object.keys((json['model'] as { vocab: object }).vocab).length;
  const wider = {
    ...json,
    added_tokens: [...(json['added_tokens'] as object[]), { id: size + 2, content: '<late>', special: true }],
  };
  const tokenizer = readTokenizerFile(bytesOfJson(wider)) as TokenizerFile;
  const draft = edit(model(`ids: int64[B, S]; t = float32[${size}, 4]{...}; y = Gather(t, ids); -> y`));
  const tables = findTables(draft) as Tables;
  const texts = new Map([...tokenizer.model.ids].map(([token, id]) => [id, token]));
  const one = {
    draft,
    tables,
    frequencies: { seen: new Map([[5, 1]]), heldOut: null, longest: 1 },
    tokenizer,
    texts,
    special: new Set([0]),
  };
  const given = await world({ files: { 'tokenizer.model': {} } });
  const {
    companions,
    skipped,
    model: after,
  } = await rewriteIds(one, tokenizer, demandsOf(draft, tables, null) as Demands, [0, 1, 2, 3, 4, 5, 7], given);
  expect(after.graph.initializers.get('t_kept')!.dims).toEqual([7, 4]);
  const added = jsonOf(companions, 'tokenizer.json')['added_tokens'] as { id: number }[];
  expect(added.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 7]);
  expect(skipped.map(({ reason }) => reason)).toEqual([
    'tokenizer.model still has the old vocabulary: only readers of tokenizer.json see the new one',
  ]);
});
