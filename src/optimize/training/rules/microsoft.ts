import { floatOf } from '../../../model/graph/index.ts';
import { sumOutputTo } from '../broadcast.ts';
import type { Backward, Rule } from '../types.ts';
import { geluSlope, swishSlope, tanhGeluSlope } from './activations.ts';
import { quantization } from './quantize.ts';

/** f(x + bias), with the bias optional. */
const biased =
  (slope: (at: Backward, x: string) => string): Rule =>
  (at) => {
    const { to } = at;
    const [x, bias] = [at.input(0), at.input(1)];
    const whole = bias === '' ? x : to.emit('Add', [x, bias]);
    const grad = to.emit('Mul', [at.dy, slope(at, whole)]);
    return [at.wants(0) ? sumOutputTo(at, grad, 0) : null, at.wants(1) ? sumOutputTo(at, grad, 1) : null];
  };

/** A rotation is undone by the opposite angle: cosine alike, sine negated. Source: Su et al. 2021; ONNX RotaryEmbedding-23. */
export const rotary =
  (sineAt: number): Rule =>
  (at) => {
    const { to, node } = at;
    if (at.wants(sineAt) || at.wants(sineAt - 1)) at.refuse('has trainable angles');
    if (floatOf(node, 'scale', 1) !== 1) at.refuse('scales its angles');
    const back = to.emit('Neg', [node.inputs[sineAt]!]);
    const output = to.fresh('training/RotaryEmbedding');
    const inputs = node.inputs.map((name, i) => (i === 0 ? at.dy : i === sineAt ? back : name));
    to.write({ name: '', op: node.op, domain: node.domain, inputs, outputs: [output], attributes: node.attributes });
    return [output];
  };

/** Operators of ONNX Runtime's own domain with a rule. Others are taken apart first. Source: ONNX Runtime, ContribOperators.md. */
export const microsoft: Readonly<Record<string, Rule>> = {
  ...quantization,
  Gelu: biased(geluSlope),
  BiasGelu: biased(geluSlope),
  FastGelu: biased(tanhGeluSlope),
  QuickGelu: biased((at, x) => swishSlope(at, x, floatOf(at.node, 'alpha', 1.702))),
  RotaryEmbedding: rotary(3),
};
