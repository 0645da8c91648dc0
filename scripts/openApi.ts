/** The HTTP interface as OpenAPI 3.1, with the envelope's schema from its one source of truth. */
import { STATUSES } from '#shared/contracts/jobs.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { envelopeJsonSchema } from './envelopeJsonSchema.ts';

const json = (schema: object) => ({ 'application/json': { schema } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});

const PASSING = problem('TRY_AGAIN: send the same request again, after Retry-After seconds');
const UNKNOWN = problem(
  'JOB_UNKNOWN: the job waits in its queue, was never sent, or its record has expired',
);
const JOB_ID = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id of the job, percent-encoded.',
  schema: { type: 'string' },
};
const time = { type: 'string', format: 'date-time' };
const text = { type: 'string' };

const SCHEMAS = () => {
  const {
    $id: _id,
    $schema: _schema,
    ...envelope
  } = envelopeJsonSchema() as Record<string, unknown>;
  return {
    Envelope: envelope,
    Sent: { type: 'object', properties: { id: text }, required: ['id'] },
    Job: {
      type: 'object',
      properties: {
        id: text,
        kind: text,
        status: { enum: STATUSES },
        attempt: { type: 'integer', description: 'Attempts that have begun.' },
        createdAt: time,
        updatedAt: time,
        result: { description: 'What the job returned; only of a job that is COMPLETED.' },
        resultKey: {
          type: 'string',
          description:
            'In place of a result that makes the answer larger than 6 MB: its key in the bucket of the output DataBucket.',
        },
        error: {
          type: 'object',
          properties: { code: text, message: text },
          required: ['code', 'message'],
        },
      },
      required: ['id', 'kind', 'status', 'attempt', 'createdAt', 'updatedAt'],
    },
    Reason: {
      type: 'object',
      properties: { reason: { type: 'string', minLength: 1, maxLength: LIMITS.errorMessageMax } },
      required: ['reason'],
    },
    Cancelled: {
      type: 'object',
      properties: { id: text, outcome: { enum: ['cancelled', 'requested'] } },
      required: ['id', 'outcome'],
    },
    Problem: {
      type: 'object',
      description: 'A problem as RFC 9457 describes them.',
      properties: { type: text, status: { type: 'integer' }, code: text, detail: text },
      required: ['type', 'status', 'code', 'detail'],
    },
  };
};

/** The document. */
export const openApi = (): object => ({
  openapi: '3.1.0',
  info: {
    title: 'Sheratan',
    version: '1',
    description:
      'Sends, shows and cancels jobs. Requests are signed by AWS Signature Version 4, service "lambda".',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/', description: 'The output ApiUrl of the stack.' }],
  security: [{ signature: [] }],
  paths: {
    '/jobs': {
      post: {
        operationId: 'sendJob',
        summary: 'Send a job',
        requestBody: { required: true, content: json(ref('Envelope')) },
        responses: {
          202: { description: 'The job is in its queue.', content: json(ref('Sent')) },
          400: problem('NOT_JSON'),
          413: problem('TOO_LARGE: the payload has more than 16 MiB'),
          422: problem('ENVELOPE_INVALID, or another code for what could not run'),
          503: PASSING,
        },
      },
    },
    '/jobs/{id}': {
      get: {
        operationId: 'getJob',
        summary: 'Show a job',
        parameters: [JOB_ID],
        responses: {
          200: { description: 'The job as it stands.', content: json(ref('Job')) },
          404: UNKNOWN,
          503: PASSING,
        },
      },
    },
    '/jobs/{id}/cancel': {
      post: {
        operationId: 'cancelJob',
        summary: 'Cancel a job',
        parameters: [JOB_ID],
        requestBody: { required: true, content: json(ref('Reason')) },
        responses: {
          202: {
            description:
              'The job is cancelled, or it runs and was asked to end. An id that no worker has seen is no error: a job that comes later under the id is cancelled.',
            content: json(ref('Cancelled')),
          },
          409: problem('JOB_ENDED: the job has ended before'),
          422: problem('REASON_MISSING'),
          503: PASSING,
        },
      },
    },
  },
  components: {
    securitySchemes: {
      signature: { type: 'apiKey', name: 'Authorization', in: 'header' },
    },
    schemas: SCHEMAS(),
  },
});
