/** Signals by URL: a function that everybody may call, and that acts only on what the mesh signed. */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { SIGNALS_ENV, SIGNALS_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { WORKER_ENV } from '#shared/contracts/worker.ts';
import { concurrencyOf } from '../../concurrency.ts';
import type { Config } from '../../config.ts';
import { grantItems } from '../stores/grants.ts';
import { SigningSecret } from '../stores/signingSecret.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface SignalsProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
}

/** The function, its public URL, and the secret that signs URLs below it. */
export class Signals extends Construct {
  readonly url: string;
  readonly signing: SigningSecret;
  /** What a function needs to sign. */
  readonly environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, { config, assetDir, table }: SignalsProps) {
    super(scope, id);
    this.signing = new SigningSecret(this, 'Signing', { signs: 'signals', config });
    const { fn } = new ServiceFunction(this, 'Function', {
      config,
      name: `sheratan-${config.stage}-signals`,
      assetDir,
      description: 'Takes signals by the URLs that jobs made',
      timeout: Duration.seconds(SIGNALS_TIMEOUT_SECONDS),
      memoryMb: 256,
      reservedConcurrency: concurrencyOf(config).reserved?.signals,
      environment: {
        [SIGNALS_ENV.jobsTable]: table.tableName,
        [SIGNALS_ENV.signalSecret]: this.signing.secretArn,
      },
    });
    grantItems(fn, table, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    this.signing.grantValue(fn);
    // Whoever has a link has no other rights: the function itself looks at the signature.
    this.url = fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE }).url;
    this.environment = {
      [WORKER_ENV.signalUrl]: this.url,
      [WORKER_ENV.signalSecret]: this.signing.secretArn,
    };
  }
}
