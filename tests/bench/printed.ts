/** What the lines cost that functions print: metrics and logs, by the job. */
import { USD } from '#infra/monitoring/prices.ts';
import { line, round } from './stats.ts';

const GIGABYTE = 1e9;

/** @param bytes that the functions printed for so many jobs */
export const benchPrinted = (
  bytes: { readonly metrics: number; readonly logs: number },
  jobs: number,
) => {
  const of = (printed: number) => ({
    bytesPerJob: round(printed / jobs, 0),
    usdPerMillion: round((printed / jobs) * (1e6 / GIGABYTE) * USD.logGigabyte, 2),
  });
  const printed = { metrics: of(bytes.metrics), logs: of(bytes.logs) };
  for (const [name, { bytesPerJob, usdPerMillion }] of Object.entries(printed))
    line(`  ${name} printed`, `${bytesPerJob} bytes a job, US$ ${usdPerMillion} per million`);
  return printed;
};
