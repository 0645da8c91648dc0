/** `env`: what a program in any language needs to reach a deployment. */
import { findTarget, type Target, type TargetOptions } from '#client/target.ts';
import { QUEUE_ENV } from '#shared/contracts/functions.ts';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { out } from '../print.ts';

/** The forms that `env` can print. */
const ENV_FORMATS = ['sh', 'dotenv', 'json'] as const;

export interface EnvOptions extends TargetOptions {
  readonly format: (typeof ENV_FORMATS)[number];
}

/** The names by which AWS's SDKs and its command line read the endpoint of one service. */
const ENDPOINTS = {
  sqs: 'AWS_ENDPOINT_URL_SQS',
  s3: 'AWS_ENDPOINT_URL_S3',
  dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB',
  scheduler: 'AWS_ENDPOINT_URL_SCHEDULER',
  secrets: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
} as const;

/**
 * The variables of a deployment: its queues, its table, its bucket, and where AWS is when it is not
 * AWS. The credentials are only those of an embedded cloud.
 */
export const envOf = (target: Target): Readonly<Record<string, string>> => {
  const { outputs, region, endpoints, credentials } = target;
  const services = Object.keys(ENDPOINTS) as (keyof typeof ENDPOINTS)[];
  const given: Readonly<Record<string, string | undefined>> = {
    ...Object.fromEntries(PRIORITIES.map((p) => [QUEUE_ENV[p], outputs[QUEUE_OUTPUTS[p]]])),
    JOBS_TABLE: outputs[OUTPUTS.jobsTable],
    DATA_BUCKET: outputs[OUTPUTS.dataBucket],
    API_URL: outputs[OUTPUTS.apiUrl],
    AWS_REGION: region,
    // Older SDKs and the command line read only this name.
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
    ...Object.fromEntries(services.map((name) => [ENDPOINTS[name], endpoints[name]])),
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
};

const FORMS: Readonly<
  Record<EnvOptions['format'], (env: Readonly<Record<string, string>>) => string>
> = {
  sh: (env) =>
    Object.entries(env)
      .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`)
      .join('\n'),
  dotenv: (env) =>
    Object.entries(env)
      .map(([name, value]) => `${name}="${value.replace(/[\\"$`]/g, '\\$&')}"`)
      .join('\n'),
  json: (env) => JSON.stringify(env, null, 2),
};

/** Variables as text: for a shell, for a `.env` file, or as JSON. */
export const formatEnv = (
  env: Readonly<Record<string, string>>,
  format: EnvOptions['format'],
): string => FORMS[format](env);

/**
 * Prints the variables by which a program reaches the deployment.
 *
 * @throws MeshError NO_DEPLOYMENT
 */
export const env = async ({ format, ...options }: EnvOptions): Promise<ExitCode> => {
  out(formatEnv(envOf(await findTarget(options)), format));
  return EXIT.ok;
};
