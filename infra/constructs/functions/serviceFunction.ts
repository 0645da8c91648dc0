/** The defaults of all functions: Node 24 on arm64, bundled ESM, JSON logs with a set retention. */
import type { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../../config.ts';
import { removalIn } from '../stores/removal.ts';
import { addVpcAccess } from './vpcAccess.ts';

export interface ServiceFunctionProps {
  readonly config: Pick<Config, 'logRetentionDays' | 'production'>;
  readonly name: string;
  /** Folder with the function's `index.mjs`. */
  readonly assetDir: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly layers?: readonly lambda.ILayerVersion[] | undefined;
  /**
   * What Lambda does when the function's messages have started the function again 16 times.
   * Default: Lambda drops them.
   */
  readonly recursiveLoop?: lambda.RecursiveLoop;
  /** Executions that no other function can take, and the most that this one gets. */
  readonly reservedConcurrency?: number | undefined;
  /** The network of a function that calls out. Default: none. */
  readonly vpc?: Config['vpc'];
}

/** A function with its own log group, and a role that may write to this log group only. */
export class ServiceFunction extends Construct {
  readonly fn: lambda.Function;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/sheratan/${props.name}`,
      retention: props.config.logRetentionDays,
      removalPolicy: removalIn(props.config.production),
    });
    // A role of its own: the managed policy would allow writes to all log groups.
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    this.fn = new lambda.Function(this, 'Function', {
      functionName: props.name,
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(props.assetDir),
      timeout: props.timeout,
      memorySize: props.memoryMb,
      loggingFormat: lambda.LoggingFormat.JSON,
      logGroup,
      role,
      ...(props.recursiveLoop && { recursiveLoop: props.recursiveLoop }),
      environment: props.environment,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      ...(props.layers && { layers: [...props.layers] }),
    });
    if (props.vpc) addVpcAccess({ fn: this.fn, role, functionName: props.name, vpc: props.vpc });
  }
}
