/** A function without a cloud around it, whose handler ends its process as its event asks. */
import { resolve } from 'node:path';
import type { FunctionSpec } from '#emulator/lambda/environment.ts';

export const DYING: FunctionSpec = {
  functionId: 'Dying',
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:dying',
  file: resolve('tests/fixtures/functions/dying.mjs'),
  exportName: 'handler',
  timeoutMs: 60_000,
  memoryMb: 64,
  env: {},
};
