/** What all tables have in common: paid by request, encrypted, and kept where it counts. */
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { removalIn } from './removal.ts';

export interface TableProps {
  readonly tableName: string;
  /** Restorable to a point in time, protected from deletion, kept on destroy. */
  readonly production: boolean;
}

export const text = (name: string): dynamodb.Attribute => ({
  name,
  type: dynamodb.AttributeType.STRING,
});
export const number = (name: string): dynamodb.Attribute => ({
  name,
  type: dynamodb.AttributeType.NUMBER,
});

export const tableOf = ({ tableName, production }: TableProps) => ({
  tableName,
  billing: dynamodb.Billing.onDemand(),
  encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: production },
  deletionProtection: production,
  removalPolicy: removalIn(production),
});
