// Before each test file: how `expect` compares long lists.
import './register.ts';
