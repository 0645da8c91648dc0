/** The kinds of every mesh. A bundle puts a project's own kinds beside them (`#kinds`). */
import { type JobDefinition, kindsOf } from './defineJob.ts';
import { echo } from './echo.ts';
import { httpRequest } from './httpRequest.ts';
import { listFiles, walkTree } from './listFiles.ts';
import { dispatch } from './meshDispatch.ts';
import { readFile, readFileBatch } from './readFile.ts';
import { writeFile } from './writeFile.ts';

/** The definitions of the kinds of every mesh. */
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

/** The same kinds by name, for a mesh without kinds of its own. */
export const kinds = kindsOf(BUILT_IN);
