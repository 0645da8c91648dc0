/**
 * The part of Secrets Manager that one secret's value needs: the JSON protocol, versions and
 * stages.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type KeptFile, notKept } from '../data/kept.ts';
import { object } from '../template/properties.ts';
import { type Fields, refusal, type Service, type ServiceAnswer, serve } from './service.ts';

/** Versions are kept in order, the newest last. A version without a stage is dropped. */
interface Version {
  readonly id: string;
  readonly text: string;
}

/** The versions of each secret, by its ARN. */
export type SecretVersions = Readonly<Record<string, readonly Version[]>>;

export interface SecretSpec {
  readonly arn: string;
  readonly properties: Fields;
}

const PASSWORD_LENGTH_DEFAULT = 32;

const generated = (spec: Fields): string => {
  const length = Number(spec['PasswordLength'] ?? PASSWORD_LENGTH_DEFAULT);
  return randomBytes(length).toString('hex').slice(0, length);
};

const initialOf = ({ SecretString, GenerateSecretString }: Fields): string =>
  SecretString === undefined ? generated(object(GenerateSecretString)) : String(SecretString);

const versionAnswer = (arn: string, versions: readonly Version[], stage: string): ServiceAnswer => {
  const version = versions.at(stage === 'AWSPREVIOUS' ? -2 : -1);
  if (!version || (stage !== 'AWSCURRENT' && stage !== 'AWSPREVIOUS'))
    return refusal(
      400,
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for staging label: ${stage}`,
    );
  const { id: VersionId, text: SecretString } = version;
  return {
    status: 200,
    body: { ARN: arn, Name: arn, VersionId, SecretString, VersionStages: [stage] },
  };
};

/**
 * Serves the template's secrets on loopback; makes a value for each new secret.
 *
 * @param kept values of an earlier process; a new value is written before the request is answered
 */
export const startSecrets = (
  specs: readonly SecretSpec[],
  kept: KeptFile<SecretVersions> = notKept(),
): Promise<Service> => {
  const before = kept.read() ?? {};
  const secrets = new Map<string, readonly Version[]>(
    specs.map(({ arn, properties }) => [
      arn,
      before[arn] ?? [{ id: randomUUID(), text: initialOf(properties) }],
    ]),
  );
  const keep = (): void => kept.write({ ...before, ...Object.fromEntries(secrets) });
  keep();
  const put = (arn: string, versions: readonly Version[], fields: Fields): ServiceAnswer => {
    const id = String(fields['ClientRequestToken'] ?? randomUUID());
    const text = String(fields['SecretString']);
    const known = versions.find((version) => version.id === id);
    if (known && known.text !== text)
      return refusal(400, 'ResourceExistsException', `Version ${id} exists with another value.`);
    if (!known) {
      secrets.set(arn, [...versions.slice(-1), { id, text }]);
      keep();
    }
    return { status: 200, body: { ARN: arn, Name: arn, VersionId: id } };
  };
  return serve(({ headers }, fields) => {
    const action = String(headers['x-amz-target']).split('.').at(-1);
    const arn = String(fields['SecretId']);
    const versions = secrets.get(arn);
    if (!versions)
      return refusal(
        400,
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret.",
      );
    if (action === 'GetSecretValue')
      return versionAnswer(arn, versions, String(fields['VersionStage'] ?? 'AWSCURRENT'));
    if (action === 'PutSecretValue') return put(arn, versions, fields);
    return refusal(400, 'InvalidRequestException', `Here, ${action} is not supported.`);
  });
};
