import { endures } from '../testing/bad-input.ts';
import { strangeWeights } from '../testing/bad-models.ts';
import { quantizeWays } from './testing/ways.ts';

endures(quantizeWays, strangeWeights, 67);
