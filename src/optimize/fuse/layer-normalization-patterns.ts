import { number, oneOf, op, scalar, shape, through, value } from '../../model/graph/index.ts';
import type { OpPattern, Pattern, Shape } from '../../model/graph/index.ts';
import { intOf } from '../../model/graph/index.ts';

const x = value('x');
const casts = (inner: Pattern): Pattern => through('Cast', inner, 1);
const mean = (inner: Pattern, as: string): OpPattern =>
  op('ReduceMean', [inner], {
    as,
    more: true,
    where: (node) => (intOf(node, 'keepdims', 1) === 1 ? null : 'does not keep the axis'),
  });

/** a², written as a power or as a product. */
const squareOf = (inner: Pattern): Pattern =>
  oneOf(op('Pow', [inner, number(2, 'exponent of the square')]), op('Mul', [inner, inner]));
const plusEpsilon = (inner: Pattern): OpPattern => op('Add', [inner, scalar('epsilon')]);

/** a / √v in the ways that exporters write it. */
const overRoot = (a: Pattern, v: Pattern): readonly OpPattern[] => {
  const root = op('Sqrt', [v]);
  const inverse = oneOf(
    op('Reciprocal', [root]),
    op('Div', [number(1, 'numerator'), root]),
    op('Pow', [v, number(-0.5, 'exponent of the root')]),
  );
  return [op('Div', [a, root]), op('Mul', [a, inverse])];
};

const gamma = value('gamma');
const beta = value('beta');

const centered = op('Sub', [x, mean(x, 'mean')]);
const squared = oneOf(squareOf(casts(centered)), squareOf(op('Sub', [mean(x, 'mean'), x])));
const variance = plusEpsilon(mean(casts(squared), 'variance'));
const normalized = overRoot(casts(centered), casts(variance));
const scaled = op('Mul', [casts(oneOf(...normalized)), gamma]);

/** x·s + (β − mean·s) with s = γ / √(variance + ε). */
const slope = op('Mul', [
  oneOf(op('Reciprocal', [op('Sqrt', [variance])]), op('Pow', [variance, number(-0.5, 'exponent of the root')])),
  gamma,
]);
const drawnOut = op('Add', [op('Mul', [x, slope]), op('Sub', [beta, op('Mul', [mean(x, 'mean'), slope])])]);

/** (x − mean) / √(variance + ε) · γ + β, with or without β, with or without γ. Source: Ba et al. 2016, eq. 4. */
export const layerNorm: Shape = shape(
  'LayerNormalization',
  oneOf(op('Add', [scaled, beta]), drawnOut, scaled, ...normalized),
  { near: 4 },
);

const meanSquare = plusEpsilon(mean(casts(squareOf(x)), 'variance'));
const rootNormalized = overRoot(x, casts(meanSquare));

/** x / √(mean of x² + ε) · γ, with or without γ. Source: Zhang and Sennrich 2019, eq. 4. */
export const rmsNorm: Shape = shape(
  'RMSNormalization',
  oneOf(op('Mul', [casts(oneOf(...rootNormalized)), gamma]), ...rootNormalized),
  { near: 4 },
);
