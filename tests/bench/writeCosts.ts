/** Writes docs/costs.md; a test checks that it is current. */
import { writeFileSync } from 'node:fs';
import { costsDocument } from './costs.ts';

writeFileSync('docs/costs.md', costsDocument());
