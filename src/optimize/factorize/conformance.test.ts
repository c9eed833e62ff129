import { promises } from '../testing/conformance.ts';
import { factorizeTechniques } from './index.ts';

promises(factorizeTechniques);
