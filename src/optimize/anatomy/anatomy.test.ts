import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Model } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { seeded } from '../../statistics/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { attention } from '../fuse/attention.ts';
import { embedLayerNormalization } from '../fuse/embed-layer-normalization.ts';
import { gelu } from '../fuse/gelu.ts';
import { layerNormalization } from '../fuse/layer-normalization.ts';
import { skipLayerNormalization } from '../fuse/skip-layer-normalization.ts';
import { fused } from '../testing/fused.ts';
import { model } from '../testing/quantized.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { anatomyOf } from './anatomy.ts';
import type { Anatomy } from './types.ts';

const found = (subject: Model): Anatomy => {
  const anatomy = anatomyOf(subject);
  if ('reason' in anatomy) throw new Error(anatomy.reason);
  return anatomy;
};
const reason = (subject: Model): string => {
  const anatomy = anatomyOf(subject);
  return 'reason' in anatomy ? anatomy.reason : '';
};

const architecture = { layers: 2, width: 16, heads: 2, ffn: 24, vocabulary: 30, positions: 12, labels: 3 };
const encoder = encoderModel(architecture, initialWeights(architecture, seeded(1, 'anatomy')));

describe('an encoder with normalization behind the sums', () => {
  test('spelled out', () => {
    const anatomy = found(encoder);
    expect(anatomy).toMatchObject({
      width: 16,
      ids: 'input_ids',
      word: { name: 'bert.embeddings.word_embeddings.weight', rows: 30, width: 16 },
      position: { name: 'bert.embeddings.position_embeddings.weight', rows: 12 },
      type: { name: 'bert.embeddings.token_type_embeddings.weight', rows: 2 },
      skipped: [],
    });
    expect(anatomy.blocks).toHaveLength(2);
    const [first, second] = anatomy.blocks;
    expect(first).toMatchObject({ input: anatomy.embedded, output: second?.input, norm: 'behind' });
    const at = 'bert.encoder.layer.1';
    expect(second?.attention).toMatchObject({ heads: 2, keyHeads: 2, headWidth: 8 });
    expect(second?.attention.query).toMatchObject({
      from: 0,
      to: 16,
      bias: `${at}.attention.self.query.bias`,
      biasFrom: 0,
    });
    expect(second?.attention.value.linear.weightName).toBe(`${at}.attention.self.value.weight`);
    expect(second?.attention.output.weightName).toBe(`${at}.attention.output.dense.weight`);
    expect(second?.feedForward).toMatchObject({ size: 24, gate: null });
    expect(second?.feedForward.up.weightName).toBe(`${at}.intermediate.dense.weight`);
    expect(second?.feedForward.down.weightName).toBe(`${at}.output.dense.weight`);
    // The mask and the shapes that both blocks use belong to neither.
    const all = anatomy.blocks.flatMap(({ nodes }) => nodes);
    expect(new Set(all).size).toBe(all.length);
    expect(second?.nodes.at(-1)?.outputs).toEqual([second?.output]);
    expect(all.every(({ name }) => name.includes('layer.'))).toBe(true);
  });

  test('fused by ONNX Runtime’s operators', async () => {
    let subject = encoder;
    for (const technique of [attention, gelu, layerNormalization, skipLayerNormalization, embedLayerNormalization])
      subject = (await fused(technique, subject)).model;
    const ops = new Set(subject.graph.nodes.map(({ op }) => op));
    expect(ops).toContain('SkipLayerNormalization');
    expect(ops).toContain('EmbedLayerNormalization');
    const [whole, plain] = [found(subject), found(encoder)];
    expect(whole.blocks).toHaveLength(2);
    expect(whole).toMatchObject({ word: { rows: 30 }, position: { rows: 12 }, type: { rows: 2 }, ids: 'input_ids' });
    whole.blocks.forEach((block, i) => {
      expect(block.attention).toMatchObject({ heads: 2, keyHeads: 2, headWidth: 8 });
      expect(block.attention.output.weightName).toBe(plain.blocks[i]?.attention.output.weightName);
      expect(block.feedForward.down.weightName).toBe(plain.blocks[i]?.feedForward.down.weightName);
    });
  });

  test('com.microsoft.Attention with its packed projection', () => {
    const anatomy = found(
      model(`x: float32[B, S, 8]
        w = float32[8, 24] {...}; b = float32[24] {...}; wo = float32[8, 8] {...}; bo = float32[8] {...}
        w1 = float32[8, 12] {...}; b1 = float32[12] {...}; w2 = float32[12, 8] {...}; g = float32[8] {...}
        c = com.microsoft.Attention(x, w, b) {num_heads: 2}; o = MatMul(c, wo)
        s = com.microsoft.SkipLayerNormalization(o, x, g, g, bo)
        u = MatMul(s, w1); a = com.microsoft.BiasGelu(u, b1); d = MatMul(a, w2)
        y = com.microsoft.SkipLayerNormalization(d, s, g, g)
    -> y: float32[B, S, 8]`),
    );
    const [block] = anatomy.blocks;
    expect(block).toMatchObject({ input: 'x', output: 'y', norm: 'behind' });
    expect(block?.attention).toMatchObject({ heads: 2, headWidth: 4, context: 'c' });
    expect(block?.attention.key).toMatchObject({ from: 8, to: 16, bias: 'b', biasFrom: 8, result: null });
    expect(anatomy.word).toBeNull();
  });
});

const decoder = (parts: { join: string; ffn: string; more?: string }): Model =>
  model(`ids: int64[B, S]
    table = float32[20, 8] {...}; g = float32[8] {...}; wq = float32[8, 8] {...}; wk = float32[8, 4] {...}; wv = float32[8, 4] {...}
    wo = float32[8, 8] {...}; wu = float32[8, 12] {...}; wg = float32[8, 12] {...}; wd = float32[12, 8] {...}
    qs = int64[4] {0, 0, 4, 2}; ks = int64[4] {0, 0, 2, 2}; flat = int64[3] {0, 0, 8}; root = float32[] {1.5}
    ones = int64[1] {2}; wide = int64[5] {1, 1, 1, 2, 1}; again = int64[4] {0, 4, -1, 2}; axes = int64[1] {-1}; eps = float32[] {0.00001}; two = float32[] {2.0}
    ${parts.more ?? ''}
    x = Gather(table, ids)
    sq = Pow(x, two); ms = ReduceMean(sq, axes); me = Add(ms, eps); rs = Sqrt(me); dn = Div(x, rs); h = Mul(dn, g)
    q0 = MatMul(h, wq); k0 = MatMul(h, wk); v0 = MatMul(h, wv)
    q1 = Reshape(q0, qs); q = Transpose(q1) {perm: [0, 2, 1, 3]}
    k1 = Reshape(k0, ks); k2 = Transpose(k1) {perm: [0, 2, 1, 3]}; k3 = Unsqueeze(k2, ones); k4 = Tile(k3, wide)
    k5 = Reshape(k4, again); k = Transpose(k5) {perm: [0, 1, 3, 2]}
    v1 = Reshape(v0, ks); v2 = Transpose(v1) {perm: [0, 2, 1, 3]}; v3 = Unsqueeze(v2, ones); v4 = Tile(v3, wide); v = Reshape(v4, again)
    s0 = MatMul(q, k); s1 = Div(s0, root); p = Softmax(s1) {axis: -1}; c0 = MatMul(p, v)
    c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; c = Reshape(c1, flat); o = MatMul(c, wo)
    ${parts.join}
    ${parts.ffn}
    -> y: float32[B, S, 8]`);

describe('a decoder with normalization before', () => {
  const gated = (input: string): string =>
    `u = MatMul(${input}, wu); gt = MatMul(${input}, wg); sg = Sigmoid(gt); si = Mul(gt, sg); a = Mul(si, u); d = MatMul(a, wd)`;

  test('grouped heads, a gated feed-forward part', () => {
    const anatomy = found(
      decoder({
        join: `x1 = Add(x, o); sq1 = Pow(x1, two); ms1 = ReduceMean(sq1, axes); me1 = Add(ms1, eps); rs1 = Sqrt(me1); dn1 = Div(x1, rs1); h1 = Mul(dn1, g)`,
        ffn: `${gated('h1')}; y = Add(x1, d)`,
      }),
    );
    expect(anatomy).toMatchObject({ ids: 'ids', embedded: 'x', word: { name: 'table' }, width: 8, skipped: [] });
    const [block] = anatomy.blocks;
    expect(block).toMatchObject({ input: 'x', output: 'y', norm: 'before' });
    expect(block?.attention).toMatchObject({ heads: 4, keyHeads: 2, headWidth: 2 });
    expect(block?.feedForward.up.weightName).toBe('wu');
    expect(block?.feedForward.gate?.weightName).toBe('wg');
  });

  test('attention and feed-forward part side by side, in both orders of adding', () => {
    for (const join of ['x1 = Add(x, o)', 'x1 = Add(o, x)']) {
      const [block] = found(decoder({ join, ffn: `${gated('h')}; y = Add(x1, d)` })).blocks;
      expect(block).toMatchObject({ input: 'x', output: 'y', norm: 'before', feedForward: { size: 12 } });
    }
    const [block] = found(decoder({ join: '', ffn: `${gated('h')}; both = Add(o, d); y = Add(both, x)` })).blocks;
    expect(block).toMatchObject({ input: 'x', output: 'y', norm: 'before', feedForward: { size: 12 } });
  });

  test('what is missing is told', () => {
    expect(reason(decoder({ join: '', ffn: 'y = Identity(o)' }))).toContain('not added to the hidden states');
    expect(reason(decoder({ join: 'x1 = Add(x, o)', ffn: 'y = Identity(x1)' }))).toContain('no pair of linear layers');
    const strange = `z = float32[4, 4] {...}`;
    expect(reason(decoder({ more: strange, join: 'n = Neg(x); x1 = Add(n, o)', ffn: 'y = Identity(x1)' }))).toContain(
      'what is added to its result',
    );
    expect(reason(model('x: float32[B, 4]; w = float32[4, 4] {...}; y = MatMul(x, w)'))).toContain(
      'nothing in the graph is attention',
    );
  });
});

describe('packed projections', () => {
  const packed = (split: string): Model =>
    model(`x: float32[B, S, 8]
      w = float32[8, 24] {...}; b = float32[24] {...}; wo = float32[8, 8] {...}; g = float32[8] {...}
      w1 = float32[8, 12] {...}; w2 = float32[12, 8] {...}; flat = int64[3] {0, 0, 8}; root = float32[] {2.0}
      five = int64[5] {0, 0, 3, 2, 4}; mixed = int64[4] {0, 0, 2, 12}; parts = int64[3] {4, 4, 4}; heads = int64[4] {0, 0, 2, 4}; i0 = int64[] {0}; i1 = int64[] {1}; i2 = int64[] {2}
      p0 = MatMul(x, w); p1 = Add(p0, b)
      ${split}
      s0 = MatMul(q, k); s1 = Div(s0, root); p = Softmax(s1) {axis: -1}; c0 = MatMul(p, v)
      c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; c = Reshape(c1, flat); o = MatMul(c, wo)
      x1 = Add(x, o); n1 = LayerNormalization(x1, g, g) {axis: -1}
      u = MatMul(n1, w1); a = Relu(u); d = MatMul(a, w2); x2 = Add(n1, d); y = LayerNormalization(x2, g, g) {axis: -1}
      -> y: float32[B, S, 8]`);

  test('q, k and v behind one another, picked after the axes are turned', () => {
    const [block] = found(
      packed(`r = Reshape(p1, five); t = Transpose(r) {perm: [2, 0, 3, 1, 4]}
        q = Gather(t, i0) {axis: 0}; k9 = Gather(t, i1) {axis: 0}; k = Transpose(k9) {perm: [0, 1, 3, 2]}; v = Gather(t, i2) {axis: 0}`),
    ).blocks;
    const { query, key, value } = block!.attention;
    expect([query, key, value].map(({ from, to, biasFrom }) => [from, to, biasFrom])).toEqual([
      [0, 8, 0],
      [8, 16, 8],
      [16, 24, 16],
    ]);
    expect(query).toMatchObject({ bias: 'b', result: 'p1' });
  });

  test('head by head: refused', () => {
    const why = reason(
      packed(`r = Reshape(p1, mixed); q1, k1, v1 = Split(r, parts) {axis: 3}
        q = Transpose(q1) {perm: [0, 2, 1, 3]}; k = Transpose(k1) {perm: [0, 2, 3, 1]}; v = Transpose(v1) {perm: [0, 2, 1, 3]}`),
    );
    expect(why).toContain('packed in a way that is not certain');
  });
});

const models = sharedOrSkip('anatomy of real models', 'models', 'clinc150-bert', 'onnx');
const old = sharedOrSkip('anatomy of old exports', 'conformance', 'onnxruntime-testdata-2020');
const at = 'bert/test_data';

describe.runIf(models !== null || old !== null)('real exports', () => {
  const files = [
    ...(models === null
      ? []
      : ['model.onnx', 'model_dynamo.onnx'].map((name) => ({
          path: join(models, name),
          blocks: 4,
          heads: 4,
          headWidth: 64,
          norm: 'behind',
          rows: [30522, 128, 2],
        }))),
    ...(old === null
      ? []
      : [
          { path: `${at}/bert_mrpc_tensorflow2.1_opset10/TFBertForSequenceClassification_1.onnx`, rows: [20, null, 2] },
          { path: `${at}/bert_squad_pytorch1.4_opset10_fp32/BertForQuestionAnswering.onnx`, rows: [100, 20, 2] },
          { path: `${at}/bert_squad_pytorch1.4_opset11/BertForQuestionAnswering_0.onnx`, rows: [100, 20, 2] },
          {
            path: `${at}/bert_squad_tensorflow2.1_keras2onnx_opset11/TFBertForQuestionAnswering.onnx`,
            blocks: 24,
            rows: [20, 10, 2],
          },
          {
            path: `${at}/gpt2_pytorch1.4_opset11_no_past/GPT2Model.onnx`,
            norm: 'before',
            headWidth: 2,
            rows: [20, 8, null],
          },
          { path: 'testdata/bert_toy_optimized.onnx', blocks: 5, heads: 4, headWidth: 8, rows: [99, 512, 16] },
        ].map((one) => ({ blocks: 12, heads: 2, headWidth: 4, norm: 'behind', ...one, path: join(old, one.path) }))),
  ];
  test.each(files)('$path', async ({ path, blocks, heads, headWidth, norm, rows }) => {
    const anatomy = found(await decodeFile(path));
    expect(anatomy.blocks).toHaveLength(blocks);
    expect(anatomy.skipped).toEqual([]);
    expect([anatomy.word, anatomy.position, anatomy.type].map((table) => table?.rows ?? null)).toEqual(rows);
    for (const block of anatomy.blocks) {
      expect(block.norm).toBe(norm);
      expect(block.attention).toMatchObject({ heads, keyHeads: heads, headWidth });
      expect(block.feedForward.size).toBe(block.feedForward.down.k);
      expect(block.nodes.length).toBeGreaterThan(20);
    }
    anatomy.blocks.slice(1).forEach(({ input }, i) => expect(input).toBe(anatomy.blocks[i]?.output));
  });
});
