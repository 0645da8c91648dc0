import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { envOf, formatEnv } from '#cli/commands/env.ts';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';

const outputs = Object.fromEntries(
  [...Object.values(OUTPUTS), ...Object.values(QUEUE_OUTPUTS)].map((name) => [name, `of ${name}`]),
);
const target = { label: 'stack Sheratan-prod', region: 'eu-west-1', endpoints: {}, outputs };

describe('the variables of a deployment', () => {
  it('name its queues, its table and its bucket; in AWS no endpoint and no credentials', () => {
    expect(envOf(target)).toEqual({
      JOBS_CRITICAL_URL: 'of JobsCriticalUrl',
      JOBS_HIGH_URL: 'of JobsHighUrl',
      JOBS_NORMAL_URL: 'of JobsNormalUrl',
      JOBS_LOW_URL: 'of JobsLowUrl',
      JOBS_TABLE: 'of JobsTable',
      DATA_BUCKET: 'of DataBucket',
      API_URL: 'of ApiUrl',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
    });
  });

  it('say where an embedded cloud is, and how it is reached', () => {
    const endpoints = { sqs: 'http://127.0.0.1:1', s3: 'http://127.0.0.1:2' };
    const credentials = { accessKeyId: 'local', secretAccessKey: 'secret' };
    expect(envOf({ ...target, endpoints, credentials })).toMatchObject({
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:2',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
  });

  it('come out of a shell as they went in, whatever they hold', () => {
    const value = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    const printed = (input: string): string =>
      spawnSync('bash', ['-c', 'eval "$(cat)"\nprintf %s "$NAME"'], { input, encoding: 'utf8' })
        .stdout;
    fc.assert(
      fc.property(value, (text) => {
        const whole = Buffer.from(text).toString();
        const sh = formatEnv({ NAME: whole }, 'sh');
        expect(printed(sh)).toBe(whole);
        expect(JSON.parse(formatEnv({ NAME: whole }, 'json'))).toEqual({ NAME: whole });
      }),
      { numRuns: 30 },
    );
    const dotenv = formatEnv({ NAME: 'a "b" $c `d` \\e' }, 'dotenv');
    expect(printed(dotenv)).toBe('a "b" $c `d` \\e');
  });
});
