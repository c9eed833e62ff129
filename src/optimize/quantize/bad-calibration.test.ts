import { endures } from '../testing/bad-input.ts';
import { strangeCalibrations } from '../testing/bad-models.ts';
import { quantizeWays } from './testing/ways.ts';

endures(quantizeWays, strangeCalibrations, 23);
