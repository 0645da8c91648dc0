/** What all tables have in common: paid per request, encrypted, protected in production. */
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { removalIn } from './removal.ts';

export interface TableProps {
  readonly tableName: string;
  /** Restorable to a point in time, protected from deletion, kept on destroy. */
  readonly production: boolean;
}

/** A key attribute that holds a string. */
export const textKey = (name: string): dynamodb.Attribute => ({
  name,
  type: dynamodb.AttributeType.STRING,
});
/** A key attribute that holds a number. */
export const numberKey = (name: string): dynamodb.Attribute => ({
  name,
  type: dynamodb.AttributeType.NUMBER,
});

/** The settings that all tables share. */
export const tableOf = ({ tableName, production }: TableProps) => ({
  tableName,
  billing: dynamodb.Billing.onDemand(),
  encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: production },
  deletionProtection: production,
  removalPolicy: removalIn(production),
});
