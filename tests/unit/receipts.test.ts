import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { letGo } from '#shared/jobs/operator/releaseGroup.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { limited } from '#shared/jobs/record/transitions.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';

/** What SQS answers: the status, the code of its query protocol, the message. */
let answer: readonly [number, string, string];
let server: Server;
let sqs: SQSClient;

beforeAll(async () => {
  server = createServer((_request, response) => {
    const [status, code, message] = answer;
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-query-error': `${code};Sender`,
    });
    response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message }));
  }).listen(0);
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});
afterAll(() => {
  sqs.destroy();
  server.close();
});

const receipt = { queueUrl: 'http://queue', handle: 'AQEB' };
const NOT_AVAILABLE =
  'Value AQEB for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.';

describe('a receipt that counts no longer', () => {
  it.each([
    ['as AWS says it', 'InvalidParameterValue', NOT_AVAILABLE],
    ['expired', 'InvalidParameterValue', 'Reason: The receipt handle has expired.'],
    ['as the model of the API has it', 'MessageNotInflight', 'not in flight'],
    ['no handle at all', 'ReceiptHandleIsInvalid', 'invalid'],
  ])('lets nothing go, and is no fault: %s', async (_how, code, message) => {
    answer = [400, code, message];
    expect(await createVisibility(sqs).release(receipt)).toBe(false);
  });

  it('is told from other faults, which a decision that is written outlives all the same', async () => {
    answer = [400, 'InvalidParameterValue', 'Value -1 for parameter VisibilityTimeout is invalid.'];
    const visibility = createVisibility(sqs);
    await expect(visibility.release(receipt)).rejects.toThrow('VisibilityTimeout');
    expect(await letGo({ receipt }, visibility)).toBe(false);
    answer = [200, '', ''];
    expect(await letGo({ receipt }, visibility)).toBe(true);
    expect(await letGo({}, visibility)).toBe(false);
  });
});

describe('a job that is limited again', () => {
  it('says in its history since when, and until when: one event, whatever it waits', () => {
    const history = [{ at: 1, event: 'claimed' as const, by: 'r' }];
    const row = { id: 'a', status: 'LIMITED', attempt: 0, history } as unknown as JobRecord;
    const first = limited(row, 2, { dueAt: 5 });
    const again = limited({ ...row, ...first.set } as JobRecord, 5, { dueAt: 9, receipt });
    expect(again.set).toMatchObject({ receipt, dueAt: 9 });
    expect(again.set.history).toEqual([...history, { at: 2, event: 'limited', dueAt: 9 }]);
  });
});
