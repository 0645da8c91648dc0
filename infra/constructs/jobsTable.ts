/** The Jobs table: one item a job, sparse indexes, a stream of every change. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { JOBS_INDEXES, JOBS_KEY, JOBS_SORT, JOBS_TTL } from '#shared/contracts/tables.ts';

export interface JobsTableProps {
  readonly tableName: string;
  /** Restorable to a point in time, protected from deletion, kept on destroy. */
  readonly production: boolean;
}

export class JobsTable extends Construct {
  readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, { tableName, production }: JobsTableProps) {
    super(scope, id);
    const string = (name: string) => ({ name, type: dynamodb.AttributeType.STRING });
    const number = (name: string) => ({ name, type: dynamodb.AttributeType.NUMBER });
    this.table = new dynamodb.TableV2(this, 'Table', {
      tableName,
      partitionKey: string(JOBS_KEY),
      sortKey: string(JOBS_SORT),
      billing: dynamodb.Billing.onDemand(),
      dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: JOBS_TTL,
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: production },
      deletionProtection: production,
      removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      // Keys only: a label costs one write unit a job, whatever becomes of it.
      globalSecondaryIndexes: JOBS_INDEXES.map((index) => ({
        indexName: index.name,
        partitionKey: string(index.key),
        sortKey: number(index.sort),
        projectionType: dynamodb.ProjectionType.KEYS_ONLY,
      })),
    });
  }
}
