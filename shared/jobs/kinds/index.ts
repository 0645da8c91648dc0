/** The kinds that every mesh has. A project's own come beside them (`#kinds` in a bundle). */
import { type JobDefinition, kindsOf } from './defineJob.ts';
import { echo } from './echo.ts';
import { httpRequest } from './httpRequest.ts';
import { listFiles, walkTree } from './listFiles.ts';
import { dispatch } from './meshDispatch.ts';
import { readFile, readFileBatch } from './readFile.ts';
import { writeFile } from './writeFile.ts';

export const BUILT_IN: readonly JobDefinition[] = [
  dispatch,
  echo,
  httpRequest,
  listFiles,
  walkTree,
  readFile,
  readFileBatch,
  writeFile,
];

/** Every kind that the worker can run. */
export const kinds = kindsOf(BUILT_IN);
