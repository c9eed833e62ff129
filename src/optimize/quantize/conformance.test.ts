import { promises } from '../testing/conformance.ts';
import { quantizeTechniques } from './index.ts';
import { mixed } from './mixed/mixed.ts';

// quantize/mixed tries layer after layer: it has a file of its own, so that both run side by side.
promises(quantizeTechniques.filter(({ id }) => id !== mixed.id));
