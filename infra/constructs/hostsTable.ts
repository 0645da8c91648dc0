/** The Hosts table: the registry, the shards' states, and what is projected from their changes. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { HOSTS_KEYS, HOSTS_TTL } from '#shared/contracts/hosts.ts';

export interface HostsTableProps {
  readonly tableName: string;
  /** Restorable to a point in time, protected from deletion, kept on destroy. */
  readonly production: boolean;
}

export class HostsTable extends Construct {
  readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, { tableName, production }: HostsTableProps) {
    super(scope, id);
    const string = (name: string) => ({ name, type: dynamodb.AttributeType.STRING });
    this.table = new dynamodb.TableV2(this, 'Table', {
      tableName,
      partitionKey: string(HOSTS_KEYS.partition),
      sortKey: string(HOSTS_KEYS.sort),
      billing: dynamodb.Billing.onDemand(),
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: HOSTS_TTL,
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: production },
      deletionProtection: production,
      removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
