import type { SteelyardError } from '../../contracts/index.ts';

/** Whether a fault is the candidate's own: a full disk or a broken store says nothing about it, and must not be remembered as its outcome. */
export const isOwnFault = ({ code }: SteelyardError): boolean =>
  code !== 'model/no-space' && !code.startsWith('store/') && !code.startsWith('engine/');
