/** Whoever adds a command says which rights it needs, in cli/rights.ts. */
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addCommands } from '#cli/program.ts';
import { LOCAL_COMMANDS, RIGHTS } from '#cli/rights.ts';

const leavesOf = (command: Command, path: readonly string[] = []): readonly string[] =>
  command.commands.flatMap((each) => {
    const name = [...path, each.name()];
    return each.commands.length > 0 ? leavesOf(each, name) : [name.join(' ')];
  });

it('the rights of each command are named, and of no other', () => {
  const leaves = leavesOf(addCommands(new Command(), () => Promise.resolve()));
  const named = new Set(Object.keys(RIGHTS).map((name) => name.replace(/ --.*/, '')));
  expect([...named, ...LOCAL_COMMANDS].sort()).toEqual([...leaves].sort());
});
