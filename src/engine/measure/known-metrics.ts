/** Everything that can be measured, as its evaluators declare it. */
export { metrics } from '../../weigh/index.ts';
