import { opset } from './opset.ts';

/** The same model in another form. */
export const convertTechniques = [opset] as const;
