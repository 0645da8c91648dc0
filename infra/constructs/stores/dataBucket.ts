/**
 * The data bucket: workspaces, and what is too large for a table item. Private, encrypted, TLS
 * only.
 */
import { Duration, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EXPIRING_PREFIXES } from '#shared/contracts/bucket.ts';
import { removalIn } from './removal.ts';

export interface DataBucketProps {
  readonly production: boolean;
  /** How long large results and bodies are kept; workspaces never expire. */
  readonly largeRetention: Duration;
}

/** The bucket with its rules of expiry. In production it keeps old versions for 30 days. */
export class DataBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, { production, largeRetention }: DataBucketProps) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: production,
      removalPolicy: removalIn(production),
      lifecycleRules: [
        ...EXPIRING_PREFIXES.map((prefix) => ({ prefix, expiration: largeRetention })),
        {
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          noncurrentVersionExpiration: Duration.days(30),
        },
      ],
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Only the functions of the stack use it, and the jobs keep a trace; whoever needs one of each request has CloudTrail data events.',
    });
  }
}
