/** The kinds of this deployment. Yours go here: write one with defineJob and add it to the list. */
import { kindsOf } from './defineJob.ts';
import { echo } from './echo.ts';
import { httpRequest } from './httpRequest.ts';
import { listFiles, walkTree } from './listFiles.ts';
import { dispatch } from './meshDispatch.ts';
import { readFile, readFileBatch } from './readFile.ts';
import { writeFile } from './writeFile.ts';

export const kinds = kindsOf([
  dispatch,
  echo,
  httpRequest,
  listFiles,
  walkTree,
  readFile,
  readFileBatch,
  writeFile,
]);
