/** The Jobs table: one item per job, sparse indexes, a stream of every change. */
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { JOBS_INDEXES, JOBS_KEY, JOBS_SORT, JOBS_TTL } from '#shared/contracts/tables.ts';
import { numberKey, type TableProps, tableOf, textKey } from './table.ts';

/** The table, with a stream of new and old images for the relay. */
export class JobsTable extends Construct {
  readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id);
    this.table = new dynamodb.TableV2(this, 'Table', {
      ...tableOf(props),
      partitionKey: textKey(JOBS_KEY),
      sortKey: textKey(JOBS_SORT),
      dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: JOBS_TTL,
      // Keys only: then a label costs one write unit per job, whatever happens to the job.
      globalSecondaryIndexes: JOBS_INDEXES.map((index) => ({
        indexName: index.name,
        partitionKey: textKey(index.key),
        sortKey: numberKey(index.sort),
        projectionType: dynamodb.ProjectionType.KEYS_ONLY,
      })),
    });
  }
}
