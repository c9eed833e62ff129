import { energyRequest } from './request.ts';

/** Every evaluator of energy. */
export const energy = [energyRequest] as const;
