import { encoderSample } from '../testing/learning.ts';
import { promises } from '../testing/conformance.ts';
import { distillTechniques } from './index.ts';

promises(distillTechniques, { more: [encoderSample] });
