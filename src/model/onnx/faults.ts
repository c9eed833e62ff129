import { SteelyardError } from '../../contracts/index.ts';

const again = 'the file is damaged or hostile: get it again from its source';

/** The bytes are not a well-formed protobuf message of this kind. */
export const damaged = (where: string, what: string, cause?: unknown): SteelyardError =>
  new SteelyardError('model/damaged', `${where}: not a readable ONNX model: ${what}`, again, { cause });

/** Well-formed protobuf that no valid model can contain. */
export const invalid = (where: string, what: string): SteelyardError =>
  new SteelyardError('model/invalid', `${where}: ${what}`, again);

/** A tensor's data and its shape disagree. */
export const mismatch = (where: string, what: string): SteelyardError =>
  new SteelyardError('model/data', `${where}: ${what}`, again);
