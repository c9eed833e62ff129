export { seeded } from './random.ts';
