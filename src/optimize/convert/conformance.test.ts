import { promises } from '../testing/conformance.ts';
import { convertTechniques } from './index.ts';

promises(convertTechniques);
