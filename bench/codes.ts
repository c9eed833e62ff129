// How many 4-bit codes of two quantized versions of one model differ.
import { decodeFile } from '../src/model/onnx/index.ts';
import { readTensorSync } from '../src/model/tensor/index.ts';

export interface Differing {
  readonly differing: number;
  readonly of: number;
  /** Operators whose weights could be compared. */
  readonly operators: number;
}

/** Compare the codes of the MatMulNBits nodes that make the same output in both files, nibble by nibble. */
export const differingCodes = async (one: string, other: string): Promise<Differing> => {
  const codesOf = async (path: string): Promise<Map<string, Uint8Array>> => {
    const { graph } = await decodeFile(path);
    const found = new Map<string, Uint8Array>();
    for (const { op, inputs, outputs } of graph.nodes) {
      const codes = op === 'MatMulNBits' ? graph.initializers.get(inputs[1]!) : undefined;
      if (codes !== undefined) found.set(outputs[0]!, readTensorSync(codes));
    }
    return found;
  };
  const [a, b] = [await codesOf(one), await codesOf(other)];
  let [differing, of, operators] = [0, 0, 0];
  for (const [output, mine] of a) {
    const theirs = b.get(output);
    if (theirs?.length !== mine.length) continue;
    operators++;
    of += 2 * mine.length;
    for (let i = 0; i < mine.length; i++) {
      const bits = mine[i]! ^ theirs[i]!;
      if ((bits & 15) !== 0) differing++;
      if (bits >> 4 !== 0) differing++;
    }
  }
  return { differing, of, operators };
};
