/** A mesh as a construct, in an app and a stack that are somebody else's. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, Sheratan, type SheratanProps } from '#infra/index.ts';

interface Policy {
  readonly PolicyDocument: {
    readonly Statement: readonly { readonly Action: string | readonly string[] }[];
  };
}

const root = mkdtempSync(join(tmpdir(), 'sheratan-construct-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const moduleOf = (name: string, text: string): string => {
  const path = join(root, `${name}.mjs`);
  writeFileSync(path, text);
  return path;
};
/** A kind as plain JavaScript: any Standard Schema will do. */
const OWN = `
const payload = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } };
export const resize = { kind: 'image.resize', payload, run: async () => 'MARK_OF_RESIZE' };
export const notAKind = 5;
`;

/** As people give it: relative to where they are. */
const outFolder = (): string => relative(process.cwd(), mkdtempSync(join(root, 'out-')));
const stackIn = (outdir: string): Stack =>
  new Stack(new App({ outdir, builtinCloudFormationValidation: false }), 'Theirs');
const meshIn = (props: SheratanProps): Sheratan =>
  new Sheratan(stackIn(outFolder()), 'Mesh', props);

describe("a mesh in somebody's stack", () => {
  let template: Template;
  let outdir: string;
  beforeAll(() => {
    outdir = outFolder();
    const stack = stackIn(outdir);
    const photos = new TableV2(stack, 'Photos', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
    });
    const mesh = new Sheratan(stack, 'Mesh', {
      stage: 'shop',
      leaseSeconds: 30,
      http: true,
      kinds: moduleOf('own', OWN),
      worker: {
        environment: { PHOTOS: photos.tableName },
        initialPolicy: [new iam.PolicyStatement({ actions: ['ses:SendEmail'], resources: ['*'] })],
      },
    });
    photos.grantReadData(mesh.worker);
    const sender = new lambda.Function(stack, 'Sender', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = () => {};'),
    });
    mesh.grantSend(sender);
    mesh.grantRead(sender);
    const roleOf = (name: string) =>
      new iam.Role(stack, name, { assumedBy: new iam.AccountRootPrincipal() });
    mesh.grantSignal(roleOf('Approver'));
    mesh.grantHttp(roleOf('Caller'));
    template = Template.fromStack(stack);
  });

  const functionNamed = (name: string) => {
    const [found] = Object.values(
      template.findResources('AWS::Lambda::Function', { Properties: { FunctionName: name } }),
    );
    return found?.['Properties'] as {
      readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
    };
  };

  it('has the kinds of the module in its worker, and in no other function', () => {
    const holds = readdirSync(outdir, { recursive: true, encoding: 'utf8' }).filter(
      (name) =>
        name.endsWith('.mjs') &&
        readFileSync(join(outdir, name), 'utf8').includes('MARK_OF_RESIZE'),
    );
    expect(holds.length).toBeGreaterThan(0);
    expect(holds.every((name) => /sheratan\/shop\/(?:worker|kinds)|^asset\./.test(name))).toBe(
      true,
    );
  });

  it('gives the worker what the kinds need, beside what is its own', () => {
    const { Variables } = functionNamed('sheratan-shop-worker').Environment;
    expect(Variables).toMatchObject({ LEASE_SECONDS: '30', PHOTOS: { Ref: expect.any(String) } });
    const statements = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(statements).toContain('ses:SendEmail');
  });

  it('measures under its own name, whatever the stack is called', () => {
    const { Variables } = functionNamed('sheratan-shop-relay').Environment;
    expect(Object.values(Variables)).toContain('Sheratan-shop');
  });

  it('leaves word for clients: every output, and the names of the kinds', () => {
    const [parameter] = Object.values(
      template.findResources('AWS::SSM::Parameter', {
        Properties: { Name: '/sheratan/shop/outputs' },
      }),
    );
    const text = JSON.stringify(parameter);
    for (const name of [
      'JobsTable',
      'JobsNormalUrl',
      'DataBucket',
      'LedgerLanes',
      'OwnKinds',
      'KindsFile',
      'RuleNames',
    ])
      expect(text).toContain(name);
    expect(text).toContain('image.resize');
    expect(text).toContain('echo');
  });

  it('leaves the list of the kinds where the command finds it', () => {
    const [parameter] = Object.values(template.findResources('AWS::SSM::Parameter'));
    const value = JSON.stringify(parameter?.['Properties']);
    const [, key] = /KindsFile[^}]*s3:\/\/cdk-[^/]+\/([0-9a-f]+\.json)/.exec(value) ?? [];
    expect(key, value).toBeDefined();
    const text = readFileSync(join(outdir, `asset.${key}`), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      kinds: expect.arrayContaining([
        { kind: 'image.resize' },
        { kind: 'walk_tree', schema: expect.objectContaining({ type: 'object' }) },
      ]),
    });
  });

  const actionsOf = (who: string): readonly string[] =>
    Object.entries(template.findResources('AWS::IAM::Policy'))
      .filter(([id]) => id.startsWith(who))
      .flatMap(([, { Properties }]) => (Properties as Policy).PolicyDocument.Statement)
      .flatMap(({ Action }) => Action)
      .toSorted();
  /** Besides the rights to find the mesh. */
  const ownActionsOf = (who: string): readonly string[] =>
    actionsOf(who).filter((action) => !action.startsWith('ssm:'));

  it('lets a program that signals change and read jobs, and nothing else', () => {
    expect(ownActionsOf('Approver')).toEqual(['dynamodb:GetItem', 'dynamodb:UpdateItem']);
  });

  it('lets a program use the HTTP interface', () => {
    expect(ownActionsOf('Caller')).toEqual(['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl']);
  });

  it('lets senders send and readers read, and nothing else', () => {
    expect([...new Set(actionsOf('Sender'))]).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      's3:GetObject',
      's3:PutObject',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SendMessage',
      'ssm:DescribeParameters',
      'ssm:GetParameter',
      'ssm:GetParameterHistory',
      'ssm:GetParameters',
    ]);
  });
});

describe('a mesh with a pool, and no more', () => {
  const pools = { heavy: { kinds: ['image.resize'], memoryMb: 3_008, timeoutSeconds: 300 } };
  let template: Template;
  let mesh: Sheratan;
  beforeAll(() => {
    const stack = stackIn(outFolder());
    mesh = new Sheratan(stack, 'Mesh', { stage: 'shop', pools, kinds: moduleOf('pooled', OWN) });
    template = Template.fromStack(stack);
  });
  const propertiesOf = (type: string, name: string) =>
    Object.values(template.findResources(type))
      .map(({ Properties }) => Properties as Readonly<Record<string, unknown>>)
      .filter((each) => each['FunctionName'] === name || each['QueueName'] === name);

  it('has a function and queues of its own for the kinds of the pool', () => {
    expect(mesh.workers).toHaveLength(2);
    expect(propertiesOf('AWS::Lambda::Function', 'sheratan-shop-worker-heavy')).toMatchObject([
      {
        MemorySize: 3_008,
        Timeout: 300,
        Environment: {
          Variables: {
            POOL: 'heavy',
            POOLS: '{"heavy":["image.resize"]}',
            RUN_SECONDS_MAX: '240',
          },
        },
      },
    ]);
    expect(propertiesOf('AWS::SQS::Queue', 'sheratan-shop-jobs-low-heavy.fifo')).toMatchObject([
      { VisibilityTimeout: 300 },
    ]);
    const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'));
    const read = mappings.filter((each) => JSON.stringify(each).includes('Jobslowheavy'));
    expect(JSON.stringify(read)).toContain('WorkheavyRolloutAlias');
    expect(read).toHaveLength(1);
  });

  it('has no HTTP interface that a program could be let use', () => {
    expect(() => mesh.grantHttp(new iam.AccountRootPrincipal())).toThrow(/set http to true/);
  });

  it('tells every sender of the pool', () => {
    for (const name of ['worker', 'relay', 'timekeeper'])
      expect(
        JSON.stringify(propertiesOf('AWS::Lambda::Function', `sheratan-shop-${name}`)),
      ).toContain('image.resize');
    const text = JSON.stringify(template.findResources('AWS::SSM::Parameter'));
    expect(text).toContain('Pools');
  });
});

/** Each try bundles the functions: one for all that is asked of an error. */
const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('what cannot run is refused at synthesis', () => {
  it.each([
    ['a setting out of range', { leaseSeconds: 1 }, /leaseSeconds must be .* 6 to 600, got 1/],
    ['a setting that is none', { leaseSecond: 5 }, /leaseSecond is not a setting/],
    [
      'a variable that is the mesh’s own',
      { worker: { environment: { JOBS_TABLE: 'x' } } },
      /worker\.environment\.JOBS_TABLE/,
    ],
  ])('%s', (_what, props, message) => {
    const refusal = thrownBy(() => meshIn(props as SheratanProps));
    expect(refusal).toBeInstanceOf(ConfigError);
    expect((refusal as ConfigError).message).toMatch(message);
  });

  it('a pool of a kind that nobody wrote', () => {
    const pools = { heavy: { kinds: ['image.rezise'] } };
    const kinds = moduleOf('typo', OWN);
    expect(() => meshIn({ kinds, pools })).toThrow(/pools\.heavy: there is no kind image\.rezise/);
  });

  it('kinds whose module throws, with what it says', () => {
    const kinds = moduleOf('throws', "throw new Error('no such licence');");
    expect(() => meshIn({ kinds })).toThrow(/kinds: the module cannot be loaded.*no such licence/s);
  });

  it('kinds that do not build, with the place', () => {
    const kinds = moduleOf('broken', 'export const x = (;');
    expect(() => meshIn({ kinds })).toThrow(/kinds: the module does not build.*broken\.mjs:1:18/s);
  });

  it('two kinds of one name', () => {
    const kinds = moduleOf('twice', OWN.replaceAll('image.resize', 'echo'));
    expect(() => meshIn({ kinds })).toThrow(/each kind is defined once/);
  });
});
