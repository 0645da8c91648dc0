/** What happens to a resource with data when it leaves the stack. */
import { RemovalPolicy } from 'aws-cdk-lib';

/** Keeps the resource in a production stage, also on replacement; deletes it in any other stage. */
export const removalIn = (production: boolean): RemovalPolicy =>
  production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
