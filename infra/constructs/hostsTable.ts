/** The Hosts table: the registry, the shards' states, and what is projected from their changes. */
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { HOSTS_KEYS, HOSTS_TTL } from '#shared/contracts/hosts.ts';
import { type TableProps, tableOf, text } from './table.ts';

export class HostsTable extends Construct {
  readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id);
    this.table = new dynamodb.TableV2(this, 'Table', {
      ...tableOf(props),
      partitionKey: text(HOSTS_KEYS.partition),
      sortKey: text(HOSTS_KEYS.sort),
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: HOSTS_TTL,
    });
  }
}
