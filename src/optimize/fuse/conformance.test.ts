import { promises } from '../testing/conformance.ts';
import { fuseTechniques } from './index.ts';

promises(fuseTechniques);
