/**
 * Stands in for the SDK's credential chain in bundles: Lambda always gives credentials by
 * environment, and the chain's other providers would cost half the bundle and 30 ms of import.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
