import { endures } from '../testing/bad-input.ts';
import { strangeGraphs, unloadable } from '../testing/bad-models.ts';
import { quantizeWays } from './testing/ways.ts';

endures(quantizeWays, [...strangeGraphs, ...unloadable], 23);
