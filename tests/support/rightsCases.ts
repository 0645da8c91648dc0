/** How each command is tried: what it finds, and what is typed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { holdIdOf } from '#shared/billing/jobCost.ts';
import type { RightsWorld } from './rightsWorld.ts';

type Words = readonly string[];
/** Prepares what one run works on. @returns what is typed, one command or several */
type Case = (world: RightsWorld) => Promise<Words | readonly Words[]>;

const plain =
  (...words: Words): Case =>
  () =>
    Promise.resolve(words);

const LATER = { kind: 'echo', payload: 1, delaySeconds: 3_600 };
const DEAD = { kind: 'read_file', payload: { path: 'nowhere' } };
const LARGE = 'x'.repeat(140_000);
const big = (group: string) => ({ kind: 'echo', payload: LARGE, group });
const byHand = ['--reason', 'a test', '--by', 'ada'];

const UNIT = 'CRD';

let serial = 0;
export const fresh = (name: string): string => `${name}-${++serial}`;

export const later = ({ job }: RightsWorld) => job(LATER, 'SCHEDULED');
export const dead = ({ job }: RightsWorld, more: object = {}) => job({ ...DEAD, ...more }, 'DEAD');
const ended = ({ job }: RightsWorld) => job({ kind: 'echo', payload: 1 }, 'COMPLETED');

/** @returns a dead job that has done this step */
export const deadAfter = async (world: RightsWorld, step: string): Promise<string> => {
  const id = await dead(world);
  const row = await world.direct.store.get(id);
  const { messageId = '', expiresAt = 0, createdAt = 0 } = row ?? {};
  const owner = { id, messageId, generation: 0, since: createdAt, expiresAt };
  await world.direct.stepStore.keep(owner, {
    ...{ name: step, op: 'step', at: createdAt + 1, tookMs: 0, tries: 1, result: '1' },
  });
  return id;
};

/** Views that together use every right, and then all others. */
const KEY_VIEWS = [
  ...['board', 'jobs', 'jobs?kind=echo', 'jobs?scan=yes', 'waits', 'verify?do=start', 'hosts'],
  ...['accounts', 'schedules', 'statement?account=seen'],
];
const OTHER_VIEWS = [
  ...['session', 'jobs?mission=m', 'jobs?list=parked', 'find?q=x', 'groups', 'host?id=seen'],
  ...['callbacks', 'state'],
];
const ofJob = (id: string, ...views: Words): Words =>
  views.map((view) => `${view}${view.includes('?') ? '&' : '?'}id=${id}`);
let seen: Promise<string> | undefined;
/** Something for each view of the console, made once. @returns a job with a large result */
const whole = (world: RightsWorld): Promise<string> => {
  seen ??= (async () => {
    const tick = world.file({ kind: 'echo', payload: 1 });
    for (const words of [
      ['hosts', 'add', 'seen', world.gone, '--kind', 'a=1'],
      ['ledger', 'open', 'seen'],
      ['schedules', 'add', 'seen', 'rate(1 hour)', tick],
      ['pause', '--queue', 'low', ...byHand],
    ])
      await world.typed(words);
    await dead(world, { missionId: 'm' });
    await later(world);
    await refusedCallback(world);
    return world.job(big(fresh('large')), 'COMPLETED');
  })();
  return seen;
};

const JOBS: Readonly<Record<string, Case>> = {
  env: plain('env'),
  kinds: plain('kinds'),
  types: plain('types', '--lang', 'ts'),
  send: async ({ file }) => [
    ['send', file({ kind: 'echo', payload: 1 })],
    ['send', file(big(fresh('large')))],
  ],
  'send --wait': async ({ file }) => [
    'send',
    file([{ kind: 'echo', payload: fresh('x') }, big(fresh('large'))]),
    ...['--wait', '60'],
  ],
  status: async (world) => {
    const id = await world.job(big(fresh('large')), 'COMPLETED');
    return ['status', id];
  },
  watch: async (world) => ['watch', await ended(world)],
  why: async (world) => [
    ['why', await ended(world)],
    ['why', await world.deadLetter()],
  ],
  flow: async (world) => ['flow', await ended(world)],
  jobs: async (world) => {
    await world.deadLetter();
    await dead(world);
    return ['jobs'];
  },
  'jobs --mission': async (world) => {
    await world.job({ kind: 'echo', payload: 1, missionId: 'm' }, 'COMPLETED');
    return ['jobs', '--mission', 'm'];
  },
  'jobs --open': plain('jobs', '--open'),
  bridge: async (world) => {
    const folder = world.path();
    const out = join(folder, 'webrelay_out');
    mkdirSync(out, { recursive: true });
    const put = (id: string, kind: string, params: object): void =>
      writeFileSync(
        join(out, `${id}.job.json`),
        JSON.stringify({ job_id: id, kind, payload: { params } }),
      );
    const [lost, large] = [fresh('lost'), fresh('large')];
    put(lost, 'read_file', { path: 'nowhere' });
    put(large, 'echo', { text: LARGE });
    await world.typed(['bridge', folder, '--once']);
    // The original asks again for what has failed.
    put(lost, 'read_file', { path: 'nowhere' });
    put(fresh('large'), 'echo', { text: LARGE });
    return ['bridge', folder, '--once'];
  },
  'import history': plain('import', 'history', 'tests/fixtures/legacy/history'),
  console: async (world) => {
    const isFirst = seen === undefined;
    const id = await whole(world);
    const key = [...KEY_VIEWS, ...ofJob(id, 'body?of=result', 'logs', 'flow')];
    const others = [...OTHER_VIEWS, ...ofJob(id, 'job', 'body')];
    world.visits.length = 0;
    world.visits.push(...key, ...(isFirst ? others : []), `job?id=${await world.deadLetter()}`);
    return ['console', '--read-only', '--port', '0'];
  },
  'workspace push': plain('workspace', 'push', 'examples/workspace'),
  'workspace list': plain('workspace', 'list'),
  doctor: async (world) => {
    await world.deadLetter();
    await dead(world);
    const tick = world.file({ kind: 'echo', payload: 1 });
    await world.typed(['schedules', 'add', fresh('seen'), 'rate(1 hour)', tick]);
    return ['doctor'];
  },
  cancel: async (world) => {
    const soon = await world.job({ ...LATER, delaySeconds: 600, group: fresh('g') }, 'SCHEDULED');
    return ['cancel', await later(world), soon, ...byHand];
  },
  signal: async (world) => ['signal', await later(world), 'approval', '1', ...byHand],
  retry: async (world) => ['retry', await deadAfter(world, 'first'), '--from', 'first', ...byHand],
  redrive: async (world) => {
    const id = await dead(world);
    const patched = await dead(world);
    const redriven = ['redrive', patched, '--patch', JSON.stringify({ path: LARGE }), ...byHand];
    await world.typed(redriven);
    await world.reach(patched, 'DEAD');
    return [['redrive', id, ...byHand], redriven];
  },
  'redrive --status': async (world) => {
    const source = fresh('source');
    await dead(world, { source });
    return ['redrive', '--status', 'DEAD', '--source', source, ...byHand];
  },
  'redrive --dead-letters': async (world) => {
    await world.deadLetter();
    return ['redrive', '--dead-letters', ...byHand];
  },
  'groups list': plain('groups'),
  'groups skip': async (world) => {
    const group = fresh('halted');
    await dead(world, { group, onDead: 'halt' });
    return ['groups', 'skip', group, ...byHand];
  },
  'groups resume': async (world) => {
    const group = fresh('halted');
    await dead(world, { group, onDead: 'halt' });
    return ['groups', 'resume', group, ...byHand];
  },
};

const CONTROL: Readonly<Record<string, Case>> = {
  'limits list': plain('limits'),
  'limits set': async () => ['limits', 'set', fresh('source'), '--per-minute', '60', ...byHand],
  pause: async () => ['pause', '--source', fresh('source'), ...byHand],
  resume: async ({ typed }) => {
    const source = fresh('source');
    await typed(['pause', '--source', source, ...byHand]);
    return ['resume', '--source', source, ...byHand];
  },
  state: async ({ typed }) => {
    await typed(['state', 'OPERATIONAL', ...byHand]);
    return [['state'], ['state', 'DEGRADED', ...byHand]];
  },
  upgrade: plain('upgrade'),
  'upgrade --finish': async (world) => {
    await world.unfinish();
    return ['upgrade', '--finish', ...byHand];
  },
  'callbacks failed': async (world) => {
    await refusedCallback(world);
    return ['callbacks'];
  },
  'callbacks show': async (world) => ['callbacks', 'show', await refusedCallback(world)],
  'callbacks replay': async (world) => ['callbacks', 'replay', await refusedCallback(world)],
  'callbacks secret': plain('callbacks', 'secret'),
  'callbacks secret --rotate': plain('callbacks', 'secret', '--rotate'),
  'schedules list': async (world) => {
    await scheduled(world);
    return ['schedules'];
  },
  'schedules add': async ({ file }) => {
    const tick = file({ kind: 'echo', payload: 1 });
    const name = fresh('tick');
    const add = ['schedules', 'add', name, 'rate(1 hour)'];
    return [
      [...add, tick],
      [...add, file({ kind: 'echo', payload: 2 }), '--replace'],
    ];
  },
  'schedules pause': async (world) => ['schedules', 'pause', await scheduled(world)],
  'schedules resume': async (world) => {
    const name = await scheduled(world);
    await world.typed(['schedules', 'pause', name]);
    return ['schedules', 'resume', name];
  },
  'schedules remove': async (world) => ['schedules', 'remove', await scheduled(world)],
};

export const scheduled = async ({ typed, file }: RightsWorld): Promise<string> => {
  const name = fresh('tick');
  await typed(['schedules', 'add', name, 'rate(1 hour)', file({ kind: 'echo', payload: 1 })]);
  return name;
};

export const refusedCallback = async (world: RightsWorld): Promise<string> => {
  const callback = { url: `${world.gone}/results` };
  const id = await world.job({ kind: 'echo', payload: 1, callback }, 'COMPLETED');
  const isGivenUp = async () => (await world.direct.deliveries.get(id))?.state === 'FAILED';
  await vi.waitUntil(isGivenUp, { timeout: 60_000, interval: 20 });
  return id;
};

export const registered = async ({ typed, gone }: RightsWorld): Promise<string> => {
  const id = fresh('host');
  await typed(['hosts', 'add', id, gone, '--kind', 'a=1']);
  return id;
};
const ofHost =
  (...words: Words): Case =>
  async (world) => ['hosts', ...words, await registered(world)];
const deciding =
  (...words: Words): Case =>
  async (world) => ['hosts', ...words, await registered(world), ...byHand];

const LEGACY_HOSTS = 'tests/fixtures/legacy/hosts';
/** As if none of them had been imported. */
const forgotten = async ({ typed }: RightsWorld): Promise<void> => {
  const { text } = await typed(['hosts', 'import', LEGACY_HOSTS, '--dry-run', '--json']);
  const ids = [...text.matchAll(/"id": ?"(worker-[^"]+)"/g)].map(([, id = '']) => id);
  await typed(['hosts', 'remove', ...new Set(ids)]);
};

const HOSTS: Readonly<Record<string, Case>> = {
  'hosts list': async (world) => {
    await registered(world);
    return [['hosts'], ['hosts', '--kind', 'a']];
  },
  'hosts show': ofHost('show'),
  'hosts watch': async (world) => {
    await registered(world);
    return ['hosts', 'watch', '--once'];
  },
  'hosts history': ofHost('history'),
  'hosts secret': plain('hosts', 'secret'),
  'hosts secret --rotate': plain('hosts', 'secret', '--rotate'),
  'hosts add': async ({ gone }) => {
    const add = ['hosts', 'add', fresh('host'), gone, '--kind', 'a=1'];
    return [add, [...add, '--tag', 'eu', '--replace']];
  },
  'hosts remove': ofHost('remove'),
  'hosts drain': deciding('drain'),
  'hosts maintenance': deciding('maintenance'),
  'hosts undrain': async (world) => {
    const id = await registered(world);
    await world.typed(['hosts', 'drain', id, ...byHand]);
    return ['hosts', 'undrain', id, ...byHand];
  },
  'hosts rebuild': async (world) => {
    await world.probed(await registered(world));
    return ['hosts', 'rebuild'];
  },
  'hosts import': async (world) => {
    await forgotten(world);
    return ['hosts', 'import', LEGACY_HOSTS];
  },
  'import hosts': async (world) => {
    await forgotten(world);
    return ['import', 'hosts', LEGACY_HOSTS];
  },
};

/** An account that may owe, and one that may not; of two lanes, so that money must be brought home. */
const accounts = async (world: RightsWorld): Promise<readonly [string, string]> => {
  const names = [fresh('mint'), fresh('ada')] as const;
  const { ledger } = world.direct.ledger;
  await ledger.openAccount({ unit: UNIT, account: names[0], guarded: false });
  await ledger.openAccount({ unit: UNIT, account: names[1] });
  const [one, other] = await Promise.all(
    names.map((account) => ledger.account({ unit: UNIT, account })),
  );
  return one?.lane === other?.lane ? accounts(world) : names;
};
const transferred = async (world: RightsWorld) => {
  const [mint, ada] = await accounts(world);
  const id = fresh('transfer');
  await world.direct.ledger.ledger.transfer({ id, unit: UNIT, from: mint, to: ada, amount: 10n });
  return { mint, ada, id };
};
/** On a ledger that has transfers. */
const filled =
  (...words: Words): Case =>
  async (world) => {
    await transferred(world);
    return words;
  };
const held = async (world: RightsWorld) => {
  const { mint, ada } = await transferred(world);
  const id = fresh('hold');
  const expiresAt = Date.now() + 3_600_000;
  await world.direct.ledger.ledger.hold({ id, unit: UNIT, from: ada, amount: 3n, expiresAt });
  return { mint, ada, id };
};

const ENDED_AT = 1_790_000_000_000;
/** A job that was not paid for although it is complete, and one whose hold is still there. */
const unsettled = async (world: RightsWorld, copy?: true): Promise<void> => {
  const [{ mint, ada }, { ada: bob }] = [await transferred(world), await transferred(world)];
  if (!copy) await world.restoreJobs();
  const row = { kind: 'echo', createdAt: ENDED_AT, updatedAt: ENDED_AT };
  const price = { unit: 'CRD', amount: '10' };
  const settlement = { hold: fresh('gone'), payee: mint, marginPpm: 0, final: true };
  const done = { id: fresh('done'), ...row, status: 'COMPLETED', settlement };
  const lost = { id: fresh('lost'), ...row, status: 'DEAD' };
  await world.typed(['ledger', 'hold', holdIdOf(lost), bob, '10']);
  await world.ended({ ...done, cost: { payer: ada, ...price } }, copy);
  await world.ended({ ...lost, cost: { payer: bob, ...price } }, copy);
};

/** The original with an account, as its first import finds it. @returns its folder */
const founded = ({ original }: RightsWorld): string => {
  const { balances, create, credit, folder } = original();
  if (balances.size > 0) return folder;
  create('alice', 100);
  credit('bob', 20);
  return folder;
};
/** Some heirs have their home in another lane than the mint: their first payment finds it there. */
const HEIRS = 3;
/** Something of each kind that a follower takes over. @returns the original's folder */
const changed = ({ original }: RightsWorld): string => {
  const { create, charge, settle, folder } = original();
  for (let made = 0; made < HEIRS; made += 1) {
    const heir = fresh('heir');
    create(heir, 7);
    settle('alice', heir, 0.5, 0.4, fresh('job'));
    charge(heir, 'bob', 1, fresh('job'));
  }
  return folder;
};
/** The mesh has all that the original did, and the original counts. */
const followed = async (world: RightsWorld): Promise<void> => {
  const folder = founded(world);
  const importing = ['import', 'ledger', folder];
  const state = join(folder, 'sheratan-follow.json');
  if (existsSync(state) && readFileSync(state, 'utf8').includes('cut over'))
    await world.typed([...importing, '--take-back']);
  await world.typed([...importing, '--follow', '--once']);
};

const LEDGER: Readonly<Record<string, Case>> = {
  'ledger accounts': async (world) => {
    await transferred(world);
    return ['ledger'];
  },
  'ledger open': async () => ['ledger', 'open', fresh('account')],
  'ledger close': async (world) => ['ledger', 'close', (await accounts(world))[1]],
  'ledger reopen': async (world) => {
    const [, ada] = await accounts(world);
    await world.typed(['ledger', 'close', ada]);
    return ['ledger', 'reopen', ada];
  },
  'ledger balance': async (world) => {
    const { ada } = await transferred(world);
    return [
      ['ledger', 'balance', ada],
      ['ledger', 'balance', ada, '--at', '2020-01-01'],
    ];
  },
  'ledger statement': async (world) => ['ledger', 'statement', (await transferred(world)).ada],
  'ledger history': async (world) => ['ledger', 'history', (await transferred(world)).ada],
  'ledger transfer': async (world) => {
    const { mint, ada } = await transferred(world);
    return ['ledger', 'transfer', fresh('transfer'), ada, mint, '10'];
  },
  'ledger reverse': async (world) => ['ledger', 'reverse', (await transferred(world)).id],
  'ledger show': async (world) => ['ledger', 'show', (await transferred(world)).id],
  'ledger hold': async (world) => {
    const { ada } = await transferred(world);
    return ['ledger', 'hold', fresh('hold'), ada, '3'];
  },
  'ledger post': async (world) => {
    const { mint, id } = await held(world);
    return ['ledger', 'post', fresh('post'), id, mint, '2'];
  },
  'ledger release': async (world) => ['ledger', 'release', (await held(world)).id],
  'ledger verify': filled('ledger', 'verify'),
  'ledger repair': filled('ledger', 'repair', '--yes'),
  'ledger reconcile': async (world) => {
    await unsettled(world);
    return ['ledger', 'reconcile'];
  },
  'ledger reconcile --since': async (world) => {
    await unsettled(world);
    return ['ledger', 'reconcile', '--since', '2020-01-01'];
  },
  'ledger reconcile --yes': async (world) => {
    await unsettled(world);
    return ['ledger', 'reconcile', '--yes'];
  },
  'ledger reconcile --jobs': async (world) => {
    await world.dropCopy();
    await world.typed(['ledger', 'replica', '--to', 'table:COPY', '--create']);
    await unsettled(world, true);
    return ['ledger', 'reconcile', '--jobs', 'COPY'];
  },
  'ledger export': async ({ path }) => ['ledger', 'export', path()],
  'ledger replica': async ({ path }) => ['ledger', 'replica', '--to', path()],
  'ledger replica --to table:': async (world) => {
    await transferred(world);
    await world.dropCopy();
    return ['ledger', 'replica', '--to', 'table:COPY', '--create'];
  },
  'import ledger': async (world) => ['import', 'ledger', founded(world)],
  'import ledger --follow': async (world) => {
    await followed(world);
    return ['import', 'ledger', changed(world), '--follow', '--once'];
  },
  'import ledger --cut-over': async (world) => {
    await followed(world);
    return ['import', 'ledger', changed(world), '--cut-over'];
  },
  'import ledger --take-back': async (world) => {
    await followed(world);
    await world.typed(['import', 'ledger', changed(world), '--cut-over']);
    return ['import', 'ledger', world.original().folder, '--take-back'];
  },
};

/** By the names in cli/rights.ts. */
export const CASES: Readonly<Record<string, Case>> = { ...JOBS, ...CONTROL, ...HOSTS, ...LEDGER };

/** What a case types, one command after the other. */
export const linesOf = async (name: string, world: RightsWorld): Promise<readonly Words[]> => {
  const found = (await CASES[name]?.(world)) ?? [];
  return typeof found[0] === 'string' ? [found as Words] : (found as readonly Words[]);
};
