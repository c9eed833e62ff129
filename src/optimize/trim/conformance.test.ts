import { promises } from '../testing/conformance.ts';
import { trimTechniques } from './index.ts';

promises(trimTechniques);
