/** Columns of one panel. A panel keeps its rows of four values together: row i at base + 4·i. */
export const lanes = 4;

/** target[j] += Σ_{i from … to} table[j, i] · source[i] for rows j and j + 1; source and target rows are those of panels.
 *  Eight sums in registers are what a compiled JavaScript loop runs fastest. Shapes: table row-major with rows of `stride`. */
export const addProduct = (
  table: Float32Array,
  stride: number,
  j: number,
  from: number,
  to: number,
  source: Float64Array,
  sourceBase: number,
  target: Float64Array,
  targetBase: number,
): void => {
  const p = j * stride;
  const q = p + stride;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let i = from, at = sourceBase + from * lanes; i < to; i++, at += lanes) {
    const x = table[p + i]!;
    const y = table[q + i]!;
    const d0 = source[at]!;
    const d1 = source[at + 1]!;
    const d2 = source[at + 2]!;
    const d3 = source[at + 3]!;
    s00 += x * d0;
    s01 += x * d1;
    s02 += x * d2;
    s03 += x * d3;
    s10 += y * d0;
    s11 += y * d1;
    s12 += y * d2;
    s13 += y * d3;
  }
  const at = targetBase + j * lanes;
  target[at]! += s00;
  target[at + 1]! += s01;
  target[at + 2]! += s02;
  target[at + 3]! += s03;
  target[at + 4]! += s10;
  target[at + 5]! += s11;
  target[at + 6]! += s12;
  target[at + 7]! += s13;
};

/** The same for row j alone. */
export const addProductRow = (
  table: Float32Array,
  stride: number,
  j: number,
  from: number,
  to: number,
  source: Float64Array,
  sourceBase: number,
  target: Float64Array,
  targetBase: number,
): void => {
  for (let i = from; i < to; i++) {
    const x = table[j * stride + i]!;
    for (let lane = 0; lane < lanes; lane++)
      target[targetBase + j * lanes + lane]! += x * source[sourceBase + i * lanes + lane]!;
  }
};
