import type { Model, Refusal, ValueInfo } from '../../contracts/index.ts';
import type { Signature } from '../training/encoder.ts';

type Role = 'ids' | 'mask' | 'types' | 'positions';

const integers = new Set(['int64', 'int32']);

const refuse = (reason: string): Refusal => ({ reason, nodes: [] });

/** What an input means, by the names that exporters give; null: none of these. */
const roleOf = (name: string): Role | null => {
  if (/mask/i.test(name)) return 'mask';
  if (/position/i.test(name)) return 'positions';
  if (/token_?type|segment/i.test(name)) return 'types';
  return /(^|_)(input_?ids?|ids|tokens|input_?tokens)$/i.test(name) ? 'ids' : null;
};

/** Why an input cannot be a student's, or null. */
const faultOf = ({ name, type }: ValueInfo, role: Role | null): string | null => {
  if (role === null) return `its input "${name}" is neither token ids, a mask, token types nor positions`;
  if (type?.kind !== 'tensor' || type.dims?.length !== 2)
    return `its input "${name}" is not declared as [batch, tokens]`;
  if (typeof type.dims[0] === 'number') return `the batch size of its input "${name}" is fixed to ${type.dims[0]}`;
  if (integers.has(type.dtype) || (role === 'mask' && ['bool', 'float32'].includes(type.dtype))) return null;
  return `its input "${name}" is ${type.dtype}, expected int64 or int32`;
};

/** How a text classifier is called, so that a student can be called alike: inputs by their names and types, one output of scores.
 *  `ids` is the input with the token ids where the graph told; otherwise it goes by its name. `padToken` and `firstPosition` are
 *  not known from a signature: null and 0. A refusal says what is in the way. */
export const signatureOf = ({ graph }: Model, ids: string | null): Signature | Refusal => {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const roles = new Map<Role, string>();
  for (const input of inputs) {
    const role = input.name === ids ? 'ids' : roleOf(input.name);
    const fault = faultOf(input, role);
    if (fault !== null) return refuse(fault);
    if (roles.has(role!)) return refuse(`two inputs, "${roles.get(role!)}" and "${input.name}", look alike`);
    roles.set(role!, input.name);
  }
  const named = (role: Role): string | null => roles.get(role) ?? null;
  const found = named('ids');
  if (found === null) return refuse('no input holds token ids: students are made of text models');
  const [output, ...others] = graph.outputs;
  if (output === undefined || others.length > 0)
    return refuse(`it has ${graph.outputs.length} outputs; a student gives one, the scores`);
  const { type } = output;
  if (type?.kind !== 'tensor' || type.dtype !== 'float32')
    return refuse(`its output "${output.name}" is not declared as float32`);
  if (type.dims !== null && type.dims.length !== 2)
    return refuse(`its output "${output.name}" has ${type.dims.length} dimensions, expected scores [batch, classes]`);
  return {
    inputs,
    ids: found,
    mask: named('mask'),
    types: named('types'),
    positions: named('positions'),
    firstPosition: 0,
    padToken: null,
    output,
  };
};
