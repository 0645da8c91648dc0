/** What becomes of a resource that holds something when the stack no longer has it. */
import { RemovalPolicy } from 'aws-cdk-lib';

/** Kept on destroy and on replacement in a production stage; gone without a trace in any other. */
export const removalIn = (production: boolean): RemovalPolicy =>
  production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
