/** Reads the resolved properties of resources into what the emulator's parts need. */
import { join } from 'node:path';
import { LocalCloudError } from '../errors.ts';
import type { FunctionSpec } from '../lambda/environment.ts';
import { type Identity, type ResolveContext, resolve } from './resolve.ts';
import type { Assembly, Template } from './template.ts';

export type Properties = Readonly<Record<string, unknown>>;

export interface LocalResource extends Identity {
  readonly id: string;
  readonly properties: Properties;
}

/**
 * The template's resources of these types, with their intrinsics resolved.
 *
 * @throws LocalCloudError `UNKNOWN_INTRINSIC`
 */
export const resourcesOf = (
  template: Template,
  types: readonly string[],
  context: ResolveContext,
): readonly LocalResource[] =>
  Object.entries(template.Resources)
    .filter(([, { Type }]) => types.includes(Type))
    .map(([id, { Properties = {} }]) => {
      const { ref = id, attributes = {} } = context.identities.get(id) ?? {};
      return { id, ref, attributes, properties: resolve(Properties, context) as Properties };
    });

const propertiesOf = <T>(
  values: Readonly<Record<string, unknown>>,
  map: (value: unknown) => T,
): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));

/** The value as an object; an empty object for any other value. */
export const object = (value: unknown): Properties =>
  typeof value === 'object' && value !== null ? (value as Properties) : {};

/** Properties of a function that this cloud follows. */
const HONOURED = [
  ...['Code', 'Environment', 'FunctionName', 'Handler', 'LoggingConfig', 'MemorySize', 'Runtime'],
  'Timeout',
];
/**
 * Properties that matter only on AWS. The functions here are processes of this machine. They reach
 * whatever this machine reaches (`VpcConfig`), have the rights of its user (`Role`), and share no
 * account's quota (`ReservedConcurrentExecutions`).
 */
const NOMINAL = [
  ...['Architectures', 'Description', 'RecursiveLoop', 'ReservedConcurrentExecutions', 'Role'],
  ...['Tags', 'VpcConfig'],
];
const KNOWN: ReadonlySet<string> = new Set([...HONOURED, ...NOMINAL]);

const unsupported = (id: string, what: string): LocalCloudError =>
  new LocalCloudError('UNSUPPORTED_PROPERTY', `Function ${id}: ${what} is not supported here`);

/** The environment variables that Lambda itself sets, without those that only its runtime reads. */
const lambdaEnv = ({ ref, properties }: LocalResource, root: string): Record<string, string> => ({
  AWS_LAMBDA_FUNCTION_NAME: ref,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties['MemorySize'] ?? 128),
  AWS_LAMBDA_LOG_GROUP_NAME: String(
    object(properties['LoggingConfig'])['LogGroup'] ?? `/aws/lambda/${ref}`,
  ),
  AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  AWS_LAMBDA_LOG_FORMAT: String(
    object(properties['LoggingConfig'])['LogFormat'] ?? 'Text',
  ).toUpperCase(),
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_EXECUTION_ENV: `AWS_Lambda_${String(properties['Runtime'] ?? '')}`,
  LAMBDA_TASK_ROOT: root,
  _HANDLER: String(properties['Handler']),
  TZ: ':UTC',
  LANG: 'en_US.UTF-8',
});

/**
 * What an environment needs to run this function.
 *
 * @param endpointEnv variables that lead the SDK to this cloud
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for a property or a runtime that is unknown here,
 *   `ASSET_MISSING` when the function's code is not in the assembly
 */
export const functionSpec = (
  resource: LocalResource,
  assembly: Assembly,
  endpointEnv: Readonly<Record<string, string>>,
): FunctionSpec => {
  const { id, properties, attributes } = resource;
  const stranger = Object.keys(properties).find((key) => !KNOWN.has(key));
  if (stranger !== undefined) throw unsupported(id, stranger);
  const runtime = String(properties['Runtime']);
  if (!runtime.startsWith('nodejs')) throw unsupported(id, `runtime ${runtime}`);
  const root = assembly.assetDir(String(object(properties['Code'])['S3Key']));
  const [module = 'index', exportName = 'handler'] = String(properties['Handler']).split('.');
  const variables = object(object(properties['Environment'])['Variables']);
  return {
    functionId: id,
    functionArn: attributes['Arn'] ?? '',
    file: join(root, `${module}.mjs`),
    exportName,
    timeoutMs: Number(properties['Timeout'] ?? 3) * 1_000,
    memoryMb: Number(properties['MemorySize'] ?? 128),
    env: {
      ...lambdaEnv(resource, root),
      ...endpointEnv,
      ...propertiesOf(variables, String),
    },
  };
};
