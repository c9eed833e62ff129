import type { Tensor } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';

/** A part of the bits of every code, packed into bytes: `bits` is 1, 2, 4 or 8. */
export interface Plane {
  readonly bits: number;
  /** The plane's lowest bit within the code. */
  readonly shift: number;
}

/** How many planes codes of this many bits need: a code of 6 bits is a plane of 4 and a plane of 2, so that whole bytes can be unpacked by
 *  looking them up, without bit operators. */
export const planesOf = (bits: number): readonly Plane[] => {
  const planes: Plane[] = [];
  let shift = 0;
  for (const size of [8, 4, 2, 1])
    if ((bits & size) !== 0) {
      planes.push({ bits: size, shift });
      shift += size;
    }
  return planes;
};

/** Codes of one plane, lowest bits first; the last byte is padded with zeros.
 *  Shapes: [ceil(count · bits / 8)]. */
export const packPlane = (codes: Uint8Array, { bits, shift }: Plane): Uint8Array => {
  const each = 8 / bits;
  const mask = (1 << bits) - 1;
  const bytes = new Uint8Array(Math.ceil(codes.length / each));
  for (let i = 0; i < codes.length; i++)
    bytes[Math.floor(i / each)]! |= ((codes[i]! >> shift) & mask) << ((i % each) * bits);
  return bytes;
};

/** What each byte of a plane holds, as parts of codes. Shapes: int32 [256, 8 / bits]; [256] for 8 bits, where a byte is a code. */
export const planeTable = ({ bits, shift }: Plane): Tensor => {
  const each = 8 / bits;
  const mask = (1 << bits) - 1;
  const parts = new Int32Array(256 * each);
  for (let byte = 0; byte < 256; byte++)
    for (let i = 0; i < each; i++) parts[byte * each + i] = ((byte >> (i * bits)) & mask) << shift;
  return tensor('int32', each === 1 ? [256] : [256, each], parts);
};
