import { recover } from './recover.ts';
import { student } from './student.ts';

/** Networks that learn from the answers of the one they come from. */
export const distillTechniques = [student, recover];
