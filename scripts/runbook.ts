/** Writes docs/runbook.md; a test checks that it is current. */
import { writeFileSync } from 'node:fs';
import { alarmsOf } from '#infra/monitoring/alarms.ts';
import { inventoryOf } from '#infra/monitoring/inventory.ts';
import { runbookOf } from '#infra/monitoring/runbook.ts';

writeFileSync('docs/runbook.md', runbookOf(alarmsOf(inventoryOf('dev'))));
