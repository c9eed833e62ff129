import { promises } from '../testing/conformance.ts';
import { encoderSample } from '../testing/learning.ts';
import { layers } from './layers.ts';
import { structured } from './structured.ts';
import { twoFour } from './two-four.ts';
import { unstructured } from './unstructured.ts';

promises([unstructured, twoFour]);
promises([structured, layers], { more: [encoderSample], rich: [encoderSample] });
