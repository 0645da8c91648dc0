#!/usr/bin/env node
/** The `sheratan` command: its build, or its sources where they have changed since. */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isBuilt } from './build.js';

// Compiled once for all commands: a sixth of the time of one that talks to a deployment.
enableCompileCache();
const root = new URL('../', import.meta.url);
const main = isBuilt(fileURLToPath(root)) ? 'dist/cli/main.js' : 'cli/main.ts';
await import(new URL(main, root).href);
