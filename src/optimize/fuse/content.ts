import { createHash } from 'node:crypto';
import { SteelyardError } from '../../contracts/index.ts';
import type { Attribute, Context, Node, Tensor } from '../../contracts/index.ts';
import { bitsOf, elementCount } from '../../model/tensor/index.ts';

/** Length of a tensor's data; strings count their bytes. */
export const sizeOf = (tensor: Tensor): number =>
  tensor.data.kind === 'strings'
    ? tensor.data.values.reduce((sum, one) => sum + one.length, 0)
    : Math.ceil((elementCount(tensor.dims) * bitsOf(tensor.dtype)) / 8);

/** What two tensors must share before their contents are worth reading. */
export const outlineOf = (tensor: Tensor): string => `${tensor.dtype}[${tensor.dims.join(',')}]`;

/** SHA-256 of type, shape and contents. Two tensors with equal digests hold the same values bit by bit.
 *  Reads this tensor only. Errors: `model/data`. */
export const digestOf = async (tensor: Tensor, context: Pick<Context, 'bytes'>): Promise<string> => {
  const hash = createHash('sha256').update(outlineOf(tensor));
  if (tensor.data.kind === 'strings')
    for (const value of tensor.data.values) hash.update(`${value.length}:`).update(value);
  else hash.update((await context.bytes(tensor)).subarray(0, sizeOf(tensor)));
  return hash.digest('hex');
};

const attributeText = async (attribute: Attribute, context: Pick<Context, 'bytes'>): Promise<string> => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const kind = attribute.kind;
  switch (kind) {
    case 'float':
      return `float ${Object.is(attribute.value, -0) ? '-0' : attribute.value}`;
    case 'int':
      return `int ${attribute.value}`;
    case 'string':
    case 'other':
      return `${kind} ${hex(attribute.value)}`;
    case 'floats':
      return `floats ${attribute.value.map((one) => (Object.is(one, -0) ? '-0' : one)).join(',')}`;
    case 'ints':
      return `ints ${attribute.value.join(',')}`;
    case 'strings':
      return `strings ${attribute.value.map(hex).join(',')}`;
    case 'tensor':
      return `tensor ${await digestOf(attribute.value, context)}`;
    case 'tensors': {
      const digests: string[] = [];
      for (const one of attribute.value) digests.push(await digestOf(one, context));
      return `tensors ${digests.join(',')}`;
    }
    case 'ref':
      return `ref ${attribute.value}`;
    case 'graph':
    case 'graphs':
      throw new SteelyardError('model/unsupported', 'bodies are not compared');
  }
};

/** A key that is equal for nodes that compute the same from the same inputs: operator, inputs, attributes, and which outputs
 *  are there. Names do not count. Errors: `model/data`; `model/unsupported` for control flow. */
export const keyOf = async (node: Node, context: Pick<Context, 'bytes'>): Promise<string> => {
  const parts = [JSON.stringify([node.domain, node.op, node.inputs, node.outputs.map((name) => name !== '')])];
  for (const name of Object.keys(node.attributes).toSorted()) {
    const attribute = node.attributes[name];
    if (attribute) parts.push(`${name}=${await attributeText(attribute, context)}`);
  }
  return parts.join('\n');
};
