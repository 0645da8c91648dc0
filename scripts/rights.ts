/** Writes docs/rights.md; a test checks that it is current. */
import { writeFileSync } from 'node:fs';
import { rightsPage } from '#cli/rightsPage.ts';

writeFileSync('docs/rights.md', rightsPage());
