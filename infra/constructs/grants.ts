/** Rights on parts of the data bucket: objects under a prefix, and nothing that lists. */
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';

export const grantObjects = (
  fn: lambda.Function,
  bucket: s3.Bucket,
  actions: readonly ('s3:GetObject' | 's3:PutObject')[],
  prefixes: readonly string[],
): void =>
  fn.addToRolePolicy(
    new iam.PolicyStatement({
      actions: [...actions],
      resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    }),
  );
