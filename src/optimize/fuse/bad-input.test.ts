import { endures, type Way } from '../testing/bad-input.ts';
import { strangeGraphs, strangeWeights, unloadable } from '../testing/bad-models.ts';
import { fuseTechniques } from './index.ts';

const ways = fuseTechniques.map((technique): Way => [technique, {}]);
endures(ways, [...strangeGraphs, ...unloadable, ...strangeWeights], 11);
