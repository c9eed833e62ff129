import { expect, test } from 'vitest';
import type { Model, Technique } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { answersApart, fused } from '../testing/fused.ts';
import { constantFolding } from './constant-folding.ts';
import { convBatchNormalization } from './conv-batch-normalization.ts';
import { dropIdentity } from './drop-identity.ts';
import { gelu } from './gelu.ts';
import { gemm } from './gemm.ts';
import { layerNormalization } from './layer-normalization.ts';
import { reshapeTranspose } from './reshape-transpose.ts';
import { shapeArithmetic } from './shape-arithmetic.ts';
import { skipLayerNormalization } from './skip-layer-normalization.ts';

const chain: readonly Technique[] = [
  constantFolding,
  dropIdentity,
  convBatchNormalization,
  gelu,
  layerNormalization,
  skipLayerNormalization,
  gemm,
  shapeArithmetic,
  reshapeTranspose,
];
const bert = ['conformance', 'onnxruntime-testdata-2020', 'bert', 'test_data'];

test.each([
  // Both torch exporters write the same four layers; the position table's sum cannot be joined: it is spread over the batch.
  ['models/clinc150-bert/onnx/model.onnx', { BiasGelu: 4, SkipLayerNormalization: 8, LayerNormalization: 1 }],
  ['models/clinc150-bert/onnx/model_dynamo.onnx', { BiasGelu: 4, SkipLayerNormalization: 8, LayerNormalization: 1 }],
  [
    [...bert, 'bert_squad_tensorflow2.1_keras2onnx_opset11/TFBertForQuestionAnswering.onnx'].join('/'),
    { BiasGelu: 24, SkipLayerNormalization: 49 },
  ],
  [
    [...bert, 'bert_mrpc_tensorflow2.1_opset10/TFBertForSequenceClassification_1.onnx'].join('/'),
    { BiasGelu: 12, SkipLayerNormalization: 25 },
  ],
  [
    [...bert, 'gpt2_pytorch1.4_opset11_no_past/GPT2Model.onnx'].join('/'),
    { FastGelu: 12, SkipLayerNormalization: 24, LayerNormalization: 1 },
  ],
])(
  'one after the other on %s',
  async (file, operators) => {
    const path = sharedOrSkip('fusions of a real model', ...file.split('/'));
    if (path === null) return;
    const before = await decodeFile(path);
    let model: Model = before;
    let found: Readonly<Record<string, number>> = {};
    for (const technique of chain) ({ model, operators: found } = await fused(technique, model));
    expect(found).toMatchObject(operators);
    expect(found).not.toHaveProperty('Erf');
    expect(found).not.toHaveProperty('ReduceMean');
    // One exporter leaves Dropout in its training form, which is random until ONNX Runtime takes it out.
    expect(await answersApart({ before, model }, 8, 'basic')).toBeLessThan(1e-4);
  },
  120_000,
);
