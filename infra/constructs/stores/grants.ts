/**
 * Grants with named resources: the items of a table, its named indexes, objects under a prefix. No
 * grant lists or scans.
 */
import { Stack, Validations } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * Lets a function read or write the objects under these prefixes, and acknowledges the wildcard
 * behind each prefix.
 */
export const grantObjects = (
  fn: lambda.Function,
  bucket: s3.Bucket,
  actions: readonly ('s3:GetObject' | 's3:PutObject')[],
  prefixes: readonly string[],
): void => {
  fn.addToRolePolicy(
    new iam.PolicyStatement({
      actions: [...actions],
      resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    }),
  );
  const { defaultChild } = bucket.node;
  const id = Stack.of(bucket).getLogicalId(defaultChild as s3.CfnBucket);
  Validations.of(fn.role ?? fn).acknowledge(
    ...prefixes.map((prefix) => ({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${id}.Arn>/${prefix}*]`,
      reason: 'Objects are named after jobs and files that do not exist yet; the prefix is named.',
    })),
  );
};

/**
 * Grants actions on the table's own items. `table.grant` would add every index, which few functions
 * need.
 */
export const grantItems = (
  grantee: iam.IGrantable,
  table: dynamodb.TableV2,
  ...actions: readonly `dynamodb:${string}`[]
): void => {
  iam.Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [table.tableArn] });
};

/** Grants queries of these indexes of the table, and of no other. */
export const grantIndexQuery = (
  grantee: iam.IGrantable,
  table: dynamodb.TableV2,
  ...indexes: readonly { readonly name: string }[]
): void => {
  iam.Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:Query'],
    resourceArns: indexes.map(({ name }) => `${table.tableArn}/index/${name}`),
  });
};
