/**
 * `sheratan/kinds`: the built-in kinds of every mesh, typed, for programs that send them.
 *
 * @module sheratan/kinds
 */
export { echo } from '#shared/jobs/kinds/echo.ts';
export { httpRequest } from '#shared/jobs/kinds/httpRequest.ts';
export { listFiles, walkTree } from '#shared/jobs/kinds/listFiles.ts';
export { readFile, readFileBatch } from '#shared/jobs/kinds/readFile.ts';
export { writeFile } from '#shared/jobs/kinds/writeFile.ts';
