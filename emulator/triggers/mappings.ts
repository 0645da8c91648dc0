/**
 * Reads the template's event source mappings. A setting that this cloud does not follow is an
 * error.
 */
import { LocalCloudError } from '../errors.ts';
import { type LocalResource, object, type Properties } from '../template/properties.ts';
import type { SqsMapping } from './sqsSource.ts';
import type { StreamMapping } from './streamSource.ts';

/** What the mappings of a template may refer to. */
export interface MappingWorld {
  readonly region: string;
  /** Execution environments that each mapping may use at once. */
  readonly share: number;
  /** URLs of queues by their ARNs. */
  readonly queueUrls: ReadonlyMap<string, string>;
  /** The table server's streams, by the ARNs that the template uses. */
  readonly streams: ReadonlyMap<string, string>;
}

export interface Mapping {
  readonly functionRef: string;
  readonly enabled: boolean;
  readonly source:
    | { readonly kind: 'queue'; readonly mapping: SqsMapping }
    | { readonly kind: 'stream'; readonly mapping: StreamMapping };
}

const COMMON = [
  'BatchSize',
  'Enabled',
  'EventSourceArn',
  'FunctionName',
  'FunctionResponseTypes',
  'FilterCriteria',
  'Tags',
];
const QUEUE_KEYS = new Set([...COMMON, 'ScalingConfig']);
const STREAM_KEYS = new Set([
  ...COMMON,
  'StartingPosition',
  'MaximumBatchingWindowInSeconds',
  'ParallelizationFactor',
  'MaximumRetryAttempts',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
]);

const unsupported = (id: string, what: string): never => {
  throw new LocalCloudError('UNSUPPORTED_PROPERTY', `Mapping ${id}: ${what} is not supported here`);
};

const onlyKnown = (id: string, properties: Properties, known: ReadonlySet<string>): void => {
  const stranger = Object.keys(properties).find((key) => !known.has(key));
  if (stranger !== undefined) unsupported(id, stranger);
};

const filtersOf = (properties: Properties): readonly Properties[] => {
  const filters = object(properties['FilterCriteria'])['Filters'];
  if (!Array.isArray(filters)) return [];
  return filters.map((filter) => JSON.parse(String(object(filter)['Pattern'])) as Properties);
};

const reportsFailures = ({ FunctionResponseTypes }: Properties): boolean =>
  Array.isArray(FunctionResponseTypes) && FunctionResponseTypes.includes('ReportBatchItemFailures');

const queueMapping = (id: string, properties: Properties, world: MappingWorld): SqsMapping => {
  onlyKnown(id, properties, QUEUE_KEYS);
  const queueArn = String(properties['EventSourceArn']);
  const wanted = Number(object(properties['ScalingConfig'])['MaximumConcurrency'] ?? world.share);
  return {
    queueArn,
    queueUrl: world.queueUrls.get(queueArn) ?? unsupported(id, `the source ${queueArn}`),
    region: world.region,
    batchSize: Number(properties['BatchSize'] ?? 10),
    concurrency: Math.min(wanted, world.share),
    reportsFailures: reportsFailures(properties),
    filters: filtersOf(properties),
  };
};

const startOf = (id: string, value: unknown): StreamMapping['startingPosition'] =>
  value === 'TRIM_HORIZON' || value === 'LATEST'
    ? value
    : unsupported(id, `StartingPosition ${value}`);

const streamMapping = (id: string, properties: Properties, world: MappingWorld): StreamMapping => {
  onlyKnown(id, properties, STREAM_KEYS);
  const streamArn = String(properties['EventSourceArn']);
  const { Destination } = object(object(properties['DestinationConfig'])['OnFailure']);
  return {
    id,
    streamArn,
    localArn: world.streams.get(streamArn) ?? unsupported(id, `the source ${streamArn}`),
    region: world.region,
    batchSize: Number(properties['BatchSize'] ?? 100),
    windowMs: Number(properties['MaximumBatchingWindowInSeconds'] ?? 0) * 1_000,
    parallelization: Number(properties['ParallelizationFactor'] ?? 1),
    startingPosition: startOf(id, properties['StartingPosition']),
    filters: filtersOf(properties),
    retry: {
      attemptsMax: Number(properties['MaximumRetryAttempts'] ?? -1),
      ageSecondsMax: Number(properties['MaximumRecordAgeInSeconds'] ?? -1),
      bisect: properties['BisectBatchOnFunctionError'] === true,
      reportsFailures: reportsFailures(properties),
    },
    onFailureQueueUrl:
      Destination === undefined
        ? undefined
        : (world.queueUrls.get(String(Destination)) ??
          unsupported(id, `the destination ${Destination}`)),
  };
};

/**
 * Reads one mapping.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for an unknown source, destination or setting
 */
export const mappingOf = ({ id, properties }: LocalResource, world: MappingWorld): Mapping => {
  const isStream = String(properties['EventSourceArn']).includes(':dynamodb:');
  return {
    // The alias is left out: here each function has one version.
    functionRef: String(properties['FunctionName']).replace(/:.*$/, ''),
    enabled: properties['Enabled'] !== false,
    source: isStream
      ? { kind: 'stream', mapping: streamMapping(id, properties, world) }
      : { kind: 'queue', mapping: queueMapping(id, properties, world) },
  };
};
