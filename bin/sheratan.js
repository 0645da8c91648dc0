#!/usr/bin/env node
/** The `sheratan` command: its build, or its sources where they have changed since. */
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';
import { isBuilt } from './build.js';

const NODE_MIN = 24;
if (Number.parseInt(process.versions.node, 10) < NODE_MIN) {
  process.stderr.write(`sheratan needs Node ${NODE_MIN} or newer; this is ${process.version}.\n`);
  process.exit(1);
}

// Compiled once for all commands: a sixth of the time of one that talks to a deployment.
module.enableCompileCache();
const root = new URL('../', import.meta.url);
const main = isBuilt(fileURLToPath(root)) ? 'dist/cli/main.js' : 'cli/main.ts';
await import(new URL(main, root).href);
