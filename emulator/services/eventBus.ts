/** The default event bus: accepts PutEvents, and gives each event to the rules that match. */
import { randomUUID } from 'node:crypto';
import { object, type Properties } from '../template/properties.ts';
import { invalid, type Service, serve } from './service.ts';

interface BusOptions {
  readonly region: string;
  readonly accountId: string;
  readonly deliver: (event: object) => void;
}

/** AWS's limits: entries of a request, bytes of an entry. */
const ENTRIES_MAX = 10;
const ENTRY_BYTES_MAX = 262_144;

const failed = (ErrorCode: string, ErrorMessage: string): object => ({ ErrorCode, ErrorMessage });

const accept = (entry: Properties, { region, accountId, deliver }: BusOptions): object => {
  const { Source, DetailType, Detail, Time, Resources, EventBusName = 'default' } = entry;
  if (EventBusName !== 'default') return failed('ResourceNotFoundException', 'no such bus here');
  for (const [name, value] of Object.entries({ Source, DetailType, Detail }))
    if (typeof value !== 'string' || value === '')
      return failed('InvalidArgument', `Parameter ${name} is not valid.`);
  const text = String(Detail);
  if (Buffer.byteLength(text) > ENTRY_BYTES_MAX) return failed('EntryTooLarge', 'too large');
  const id = randomUUID();
  try {
    deliver({
      version: '0',
      id,
      'detail-type': DetailType,
      source: Source,
      account: accountId,
      time: new Date(typeof Time === 'number' ? Time * 1_000 : Date.now()).toISOString(),
      region,
      resources: Resources ?? [],
      detail: object(JSON.parse(text)),
    });
    return { EventId: id };
  } catch {
    return failed('MalformedDetail', 'Detail is malformed.');
  }
};

/** Serves PutEvents on loopback. A refused entry has its error in the answer, as on AWS. */
export const startEventBus = (options: BusOptions): Promise<Service> =>
  serve((request, body) => {
    const target = String(request.headers['x-amz-target']);
    if (target !== 'AWSEvents.PutEvents') return invalid(`${target} is not supported here`);
    const entries = Array.isArray(body['Entries']) ? body['Entries'].map(object) : [];
    if (entries.length < 1 || entries.length > ENTRIES_MAX)
      return invalid(`PutEvents takes 1 to ${ENTRIES_MAX} entries`);
    const Entries = entries.map((entry) => accept(entry, options));
    const FailedEntryCount = Entries.filter((entry) => 'ErrorCode' in entry).length;
    return { status: 200, body: { FailedEntryCount, Entries } };
  });
