/**
 * Replaces the SDK's credential chain in bundles. Lambda always gives credentials in environment
 * variables. The chain's other providers would add half of the bundle and 30 ms of import.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
