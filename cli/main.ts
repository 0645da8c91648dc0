#!/usr/bin/env node
/** The `sheratan` command as a process. */
import { guardOutput } from './print.ts';
import { runCommand } from './run.ts';

guardOutput();
process.exitCode = await runCommand(process.argv.slice(2));
