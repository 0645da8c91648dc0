/** The Ledger table: balances, records and the lanes' journals; its stream rings for new blocks. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LEDGER_ENV } from '#shared/contracts/functions.ts';
import { EXPIRY_INDEX, LEDGER_KEYS } from '#shared/contracts/ledger.ts';
import { grantIndexQuery, grantItems } from './grants.ts';

export interface LedgerTableProps {
  readonly tableName: string;
  readonly lanes: number;
  /** Protected from deletion, kept on destroy. */
  readonly production: boolean;
}

export class LedgerTable extends Construct {
  readonly table: dynamodb.TableV2;
  /** For functions that use the ledger. */
  readonly environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, { tableName, lanes, production }: LedgerTableProps) {
    super(scope, id);
    const string = (name: string) => ({ name, type: dynamodb.AttributeType.STRING });
    this.table = new dynamodb.TableV2(this, 'Table', {
      tableName,
      partitionKey: string(LEDGER_KEYS.partition),
      sortKey: string(LEDGER_KEYS.sort),
      billing: dynamodb.Billing.onDemand(),
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
      // Money, whatever the stage.
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: production,
      removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      globalSecondaryIndexes: [
        {
          indexName: EXPIRY_INDEX.name,
          partitionKey: string(EXPIRY_INDEX.partition),
          sortKey: { name: EXPIRY_INDEX.sort, type: dynamodb.AttributeType.NUMBER },
          projectionType: dynamodb.ProjectionType.ALL,
        },
      ],
    });
    this.environment = {
      [LEDGER_ENV.table]: this.table.tableName,
      [LEDGER_ENV.lanes]: String(lanes),
    };
  }

  /** All that the ledger's operations do; nothing is ever deleted. */
  grantOperations(grantee: iam.IGrantable): void {
    grantItems(
      grantee,
      this.table,
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    );
  }

  /** Writing the journal out as entries. */
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

  /** Finding holds that are over, and ending them. */
  grantExpiry(grantee: iam.IGrantable): void {
    grantItems(grantee, this.table, 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem');
    grantIndexQuery(grantee, this.table, EXPIRY_INDEX);
  }
}
