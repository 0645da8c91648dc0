import { afterEach, expect, it } from 'vitest';
import { startTableServer } from '#infra/local/dynamoLocal.ts';

const path = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = path;
});

it('says what to install when there is neither Java nor Docker', async () => {
  process.env['PATH'] = '/nowhere';
  await expect(startTableServer()).rejects.toMatchObject({
    code: 'JAVA_MISSING',
    message: expect.stringMatching(/Java 17.*apt-get install.*brew install.*Docker/),
  });
});
