#!/usr/bin/env node
/** The `sheratan` command: its build, or its sources where they have changed since. */
import { fileURLToPath } from 'node:url';
import { isBuilt } from './build.js';

const root = new URL('../', import.meta.url);
const main = isBuilt(fileURLToPath(root)) ? 'dist/cli/main.js' : 'cli/main.ts';
await import(new URL(main, root).href);
