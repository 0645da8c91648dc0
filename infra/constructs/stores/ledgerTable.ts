/**
 * The Ledger table: balances, records and the journals of the lanes. Its stream announces new
 * blocks.
 */
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LEDGER_ENV } from '#shared/contracts/functions.ts';
import { EXPIRY_INDEX, LEDGER_KEYS } from '#shared/contracts/ledger.ts';
import { grantIndexQuery, grantItems } from './grants.ts';
import { numberKey, type TableProps, tableOf, textKey } from './table.ts';

export interface LedgerTableProps extends TableProps {
  readonly lanes: number;
}

/** The table, and the grants of the functions that use the ledger. */
export class LedgerTable extends Construct {
  readonly table: dynamodb.TableV2;
  /** Environment variables of functions that use the ledger. */
  readonly environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: LedgerTableProps) {
    super(scope, id);
    this.table = new dynamodb.TableV2(this, 'Table', {
      ...tableOf(props),
      partitionKey: textKey(LEDGER_KEYS.partition),
      sortKey: textKey(LEDGER_KEYS.sort),
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
      // The table holds money in every stage.
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      globalSecondaryIndexes: [
        {
          indexName: EXPIRY_INDEX.name,
          partitionKey: textKey(EXPIRY_INDEX.partition),
          sortKey: numberKey(EXPIRY_INDEX.sort),
          projectionType: dynamodb.ProjectionType.ALL,
        },
      ],
    });
    this.environment = {
      [LEDGER_ENV.table]: this.table.tableName,
      [LEDGER_ENV.lanes]: String(props.lanes),
    };
  }

  /** Rights for all operations of the ledger. No operation deletes. */
  grantOperations(grantee: iam.IGrantable): void {
    grantItems(
      grantee,
      this.table,
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    );
    // Overdue holds are ended before a payer is refused for too little.
    grantIndexQuery(grantee, this.table, EXPIRY_INDEX);
  }

  /** Rights to write the journal out as entries. */
  grantEntries(grantee: iam.IGrantable): void {
    grantItems(
      grantee,
      this.table,
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    );
  }

  /** Rights to find overdue holds and to end them. */
  grantExpiry(grantee: iam.IGrantable): void {
    grantItems(grantee, this.table, 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem');
    grantIndexQuery(grantee, this.table, EXPIRY_INDEX);
  }
}
