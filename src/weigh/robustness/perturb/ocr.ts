import { definePerturbation, strengthOf } from './types.ts';
import { tableOf } from './words.ts';

const misread = tableOf(`
  rn: m
  m: rn
  cl: d
  d: cl
  vv: w
  w: vv
  li: h
  l: 1, I
  1: l, I
  I: l, 1
  O: 0
  0: O
  o: 0
  B: 8
  8: B
  S: 5
  5: S
  Z: 2
  2: Z
  G: 6
  6: G
  e: c
  c: e
  h: b
  t: f
  f: t
  u: v
  v: u
`);

/** What a scanner takes for something else: rn and m, l and 1, 0 and O, cl and d … */
export const ocr = definePerturbation({
  id: 'ocr',
  title: 'Scanner noise',
  source: 'confusions that text recognition is known for',
  options: strengthOf(0.03, 'a shape that is easily misread is misread'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    text.replace(/rn|cl|vv|li|[mdwl1IO0oB8S5Z2G6echtfuv]/g, (shape) => {
      if (random.next() >= strength) return shape;
      const read = misread.get(shape)!;
      return read[random.integer(read.length)]!;
    }),
});
