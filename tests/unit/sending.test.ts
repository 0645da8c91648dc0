import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendAll, sendEntries } from '#shared/aws/sendAll.ts';
import { MESSAGE_BYTES_MAX, RELEASED_ATTRIBUTE } from '#shared/contracts/queues.ts';
import { createProbeQueue } from '#shared/hosts/sqs/probeQueue.ts';
import { bodyOf, messageOf } from '#shared/jobs/envelope/message.ts';
import type { OutgoingMessage } from '#shared/jobs/ports/jobs.ts';
import { attributeOf, textOf } from '#shared/jobs/sqs/attributeText.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { asciiJson, asciiText } from '#shared/kernel/json.ts';
import { type StrictQueue, startStrictQueue } from '../support/strictQueue.ts';

let queue: StrictQueue;
beforeEach(() => {
  queue = startStrictQueue();
});
afterEach(() => queue.stop());

const entry = (id: string, body: string) => ({
  MessageBody: body,
  MessageGroupId: 'g',
  MessageDeduplicationId: id,
});
const kindsOf = (outcomes: readonly { readonly kind: string }[]) =>
  outcomes.map(({ kind }) => kind);

/** Any UTF-16 code units, pairs of surrogates or not. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units));

/** Everything that strings can hold, and SQS or UTF-8 cannot. */
const ODD = 'a\u0000\u0001\u007f\u0085\ud800\udfff\ufffe\uffff\u{1f600}ü';

describe('JSON in a message', () => {
  it('is printable ASCII, and reads as what was written, whatever characters it has', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        const value = { [one]: two, odd: ODD + one };
        expect(asciiJson(value)).toMatch(/^[\x20-\x7f]*$/);
        expect(JSON.parse(asciiJson(value))).toEqual(value);
        expect(JSON.parse(asciiText(JSON.stringify(value)))).toEqual(value);
      }),
    );
  });

  it('names ids in attributes likewise; plain ones as they are', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string()), (id) => {
        expect(attributeOf(id)).toMatch(/^[\x20-\x7f]+$/);
        expect(textOf(attributeOf(id))).toBe(id);
      }),
    );
    expect(attributeOf('order/7 "a"')).toBe('order/7 "a"');
    expect(attributeOf('"quoted"')).toBe('"\\"quoted\\""');
  });
});

describe('messages for a queue', () => {
  it('are taken as the mesh writes them: jobs, releases under odd ids, probes', async () => {
    const envelope = { kind: 'echo', id: ODD, group: ODD, payload: { [ODD]: ODD } };
    const message = messageOf(envelope, bodyOf(envelope), 'nonce');
    const outgoing = createOutgoing({
      sqs: queue.sqs,
      queueUrls: { critical: 'q', high: 'q', normal: 'q', low: 'q' },
    });
    expect(await outgoing.send([message, { ...message, released: ODD }])).toEqual([]);
    await createProbeQueue(queue.sqs, 'q').send([
      { message: { kind: 'suspect', host: ODD } as never, delaySeconds: 0 },
    ]);
    const bodies = queue.taken.map(({ MessageBody = '' }) => JSON.parse(MessageBody) as object);
    expect(bodies).toEqual([envelope, envelope, { kind: 'suspect', host: ODD }]);
    const value = queue.taken[1]?.MessageAttributes?.[RELEASED_ATTRIBUTE]?.StringValue;
    expect(textOf(value ?? '')).toBe(ODD);
  });

  it('fit into their requests, with their attributes', async () => {
    const body = 'x'.repeat(MESSAGE_BYTES_MAX / 4);
    const message = { priority: 'normal', group: 'g', body, released: 'job' } as const;
    const messages = Array.from(
      { length: 4 },
      (_, n): OutgoingMessage => ({ ...message, deduplicationId: String(n) }),
    );
    const urls = { critical: 'q', high: 'q', normal: 'q', low: 'q' };
    expect(await createOutgoing({ sqs: queue.sqs, queueUrls: urls }).send(messages)).toEqual([]);
    expect(queue.requests).toEqual([3, 1]);
  });

  it('that no queue takes are told one by one, and the others go, in their order', async () => {
    const entries = [
      entry('1', 'a'),
      entry('2', '\uffff'),
      entry('3', 'c'),
      entry('4', 'x'.repeat(MESSAGE_BYTES_MAX + 1)),
      entry('5', 'e'),
    ];
    const outcomes = await sendEntries(queue.sqs, 'q', entries);
    expect(outcomes).toMatchObject([
      { kind: 'sent' },
      { kind: 'refused', code: 'InvalidMessageContents', lasting: true },
      { kind: 'sent' },
      { kind: 'refused', code: 'BatchRequestTooLong', lasting: true },
      { kind: 'sent' },
    ]);
    expect(queue.taken.map(({ MessageBody }) => MessageBody)).toEqual(['a', 'c', 'e']);
  });

  it('are sent again when the queue stumbled over them', async () => {
    queue.stumbles.add('2');
    const outcomes = await sendEntries(queue.sqs, 'q', [entry('1', 'a'), entry('2', 'b')]);
    expect(kindsOf(outcomes)).toEqual(['sent', 'sent']);
  });

  it('of a queue that is missing are refused for good; those of another one go', async () => {
    const urls = { critical: 'missing', high: 'q', normal: 'q', low: 'q' };
    const outgoing = createOutgoing({ sqs: queue.sqs, queueUrls: urls });
    const message = { group: 'g', body: '{}', deduplicationId: '1' };
    const critical: OutgoingMessage = { ...message, priority: 'critical' };
    const not = await outgoing.send([critical, { ...message, priority: 'high' }]);
    expect(not).toEqual([{ message: critical, code: 'QueueDoesNotExist', reason: 'no' }]);
    expect(queue.taken).toHaveLength(1);
  });

  it('of a batch that is refused in part all go before the refusal is told', async () => {
    const entries = Array.from({ length: 25 }, (_, n) => entry(`${n}`, n === 3 ? '\ufffe' : 'a'));
    const sending = sendAll(queue.sqs, 'q', entries, (what) => new Error(what));
    await expect(sending).rejects.toThrow('1 of 25: InvalidMessageContents');
    expect(queue.taken).toHaveLength(24);
  });
});
