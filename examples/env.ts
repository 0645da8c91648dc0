/** Prints, for a shell, what programs in other languages need to reach the embedded cloud. */
import { readFileSync } from 'node:fs';

const file = `${process.env['SHERATAN_HOME'] ?? '.sheratan'}/embedded.json`;
const { clientEnv, outputs } = JSON.parse(readFileSync(file, 'utf8'));
const env = {
  ...clientEnv,
  AWS_DEFAULT_REGION: clientEnv.AWS_REGION,
  JOBS_NORMAL_URL: outputs.JobsNormalUrl,
  JOBS_TABLE: outputs.JobsTable,
};
for (const [name, value] of Object.entries(env)) console.log(`export ${name}='${value}'`);
