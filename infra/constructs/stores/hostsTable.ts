/** The Hosts table: the registry, the states of the shards, and the history of their changes. */
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { HOSTS_KEYS, HOSTS_TTL } from '#shared/contracts/hosts.ts';
import { type TableProps, tableOf, textKey } from './table.ts';

/** The table, with a stream of new images for the announcer. */
export class HostsTable extends Construct {
  readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id);
    this.table = new dynamodb.TableV2(this, 'Table', {
      ...tableOf(props),
      partitionKey: textKey(HOSTS_KEYS.partition),
      sortKey: textKey(HOSTS_KEYS.sort),
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: HOSTS_TTL,
    });
  }
}
