/** A deployment as an operator makes one: the CDK CLI, the `sheratan` command, an endpoint. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addTwins, removeTwins } from '../../scripts/batchActions.ts';
import { COMMAND } from './command.ts';
import { deployPolicy } from './deployPolicy.ts';
import { type Endpoint, findEndpoint } from './endpoint.ts';
import { withoutAlarms } from './withoutAlarms.ts';

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Deployed {
  readonly endpoint: Endpoint;
  /** CloudFormation gets the rights of docs/deploy-policy.json and no others. */
  bootstrap(): Promise<void>;
  /**
   * Synthesizes one configuration of a stage once, for all that is done with it.
   *
   * @param other an app in place of the project's own
   */
  synthesize(
    stage: string,
    settings: Readonly<Record<string, string>>,
    other?: OtherApp,
  ): Promise<Assembly>;
  /** @throws Error with what the CDK CLI said when it failed */
  deploy(assembly: Assembly): Promise<void>;
  /** @throws Error as well */
  destroy(assembly: Assembly): Promise<void>;
  /** @param as environment of somebody else than who runs the tests */
  sheratan(
    stage: string,
    args: readonly string[],
    input?: string,
    as?: NodeJS.ProcessEnv,
  ): Promise<Answer>;
  /** What took how long, in seconds. */
  readonly timings: Record<string, number>;
  cleanUp(): void;
}

/** An app that is somebody else's, and its stack. */
interface OtherApp {
  readonly app: string;
  readonly stackName: string;
}

export interface Assembly {
  readonly dir: string;
  readonly stackName: string;
  deploy(): Promise<Answer>;
  diff(): Promise<Answer>;
  destroy(): Promise<Answer>;
}

const run = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const child = spawn(command, args, { env, stdio: 'pipe' });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  child.once('error', reject);
  child.once('close', (code) => resolve({ code: code ?? 1, ...texts }));
  child.stdin.end(input);
  return promise;
};

const contextOf = (settings: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/** Beside whatever the account is bootstrapped with otherwise. */
const QUALIFIER = 'sheratan';
const TOOLKIT = ['--qualifier', QUALIFIER, '--toolkit-stack-name', 'SheratanToolkit'];

/** @throws Error when AWS_ENDPOINT_URL is not set or nothing answers there */
export const openDeployed = async (): Promise<Deployed> => {
  const endpoint = await findEndpoint();
  const home = mkdtempSync(join(tmpdir(), 'sheratan-deployed-'));
  const timings: Record<string, number> = {};
  const bin = join(process.cwd(), 'node_modules/.bin');
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    SHERATAN_HOME: home,
    NO_COLOR: '1',
    CI: 'true',
    // cdklocal demands both.
    ...(endpoint.url && {
      AWS_ENDPOINT_URL_S3: process.env['AWS_ENDPOINT_URL_S3'] ?? endpoint.url,
    }),
  };
  const timed = async (name: string, work: Promise<Answer>): Promise<Answer> => {
    const began = performance.now();
    const answer = await work;
    timings[name] = Math.round((performance.now() - began) / 100) / 10;
    return answer;
  };
  const cdk = (args: readonly string[]): Promise<Answer> =>
    run(join(bin, endpoint.url ? 'cdklocal' : 'cdk'), args, env);
  const must = async (work: Promise<Answer>): Promise<void> => {
    const { code, stdout, stderr } = await work;
    if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  };
  let assemblies = 0;

  return {
    endpoint,
    timings,
    bootstrap: async () => {
      const policies = ['--cloudformation-execution-policies', await deployPolicy()];
      await must(timed('bootstrap', cdk(['bootstrap', ...TOOLKIT, ...policies])));
    },
    synthesize: async (stage, settings, other) => {
      assemblies += 1;
      const number = assemblies;
      const dir = join(home, `assembly-${number}`);
      const qualifier = { '@aws-cdk/core:bootstrapQualifier': QUALIFIER };
      const context = contextOf({ stage, ...qualifier, ...settings });
      const app = other ? ['--app', other.app] : [];
      // An emulator's answer does not depend on what the CDK says of the template.
      const checks = endpoint.url ? ['--no-validation'] : [];
      const options = ['--quiet', '--output', dir, ...checks, ...app, ...context];
      await must(timed('synth', cdk(['synth', ...options])));
      if (endpoint.lacks('MiniStack-alarms')) withoutAlarms(dir);
      const of = (verb: string, ...args: string[]) =>
        timed(`${verb} ${stage} ${number}`, cdk([verb, '--app', dir, '--all', ...args]));
      return {
        dir,
        stackName: other?.stackName ?? `Sheratan-${stage}`,
        deploy: () => of('deploy', '--require-approval', 'never', '--progress', 'events'),
        diff: () => of('diff', '--fail'),
        destroy: () => of('destroy', '--force'),
      };
    },
    deploy: async (assembly) => {
      await must(assembly.deploy());
      if (endpoint.lacks('MiniStack-batch-actions')) await addTwins(assembly.stackName);
    },
    destroy: async (assembly) => {
      if (endpoint.lacks('MiniStack-batch-actions')) await removeTwins(assembly.stackName);
      await must(assembly.destroy());
    },
    sheratan: (stage, args, input, as) => {
      const target = endpoint.url ? ['--endpoint', endpoint.url] : [];
      const all = [COMMAND, ...args, '--stage', stage, ...target];
      return run(process.execPath, all, { ...env, ...as }, input);
    },
    cleanUp: () => rmSync(home, { recursive: true, force: true }),
  };
};
