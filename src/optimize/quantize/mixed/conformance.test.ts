import { promises } from '../../testing/conformance.ts';
import { mixed } from './mixed.ts';

promises([mixed]);
