/** Debian's Prometheus blackbox exporter, driven as a scraper would, on the same hosts. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '#shared/hosts/registry/host.ts';
import { mapPool } from '#shared/kernel/pool.ts';

const COMMAND = 'prometheus-blackbox-exporter';

const isInstalled = (): boolean => {
  try {
    execFileSync(COMMAND, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const text = (url: string, agent: Agent): Promise<string> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('end', () => resolve(body));
    }).once('error', reject);
  });

const figure = (metrics: string, name: string): number =>
  Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1]);

/** One pass; of those that are up, the latencies that it shows, in ms. */
const pass = async (base: string, hosts: readonly Host[], width: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  const began = performance.now();
  const seen = await mapPool(hosts, width, async ({ endpoint, probe: { path } }) => {
    const target = encodeURIComponent(endpoint + path);
    const metrics = await text(`${base}/probe?module=http&target=${target}`, agent);
    return {
      up: figure(metrics, 'probe_success') === 1,
      s: figure(metrics, 'probe_duration_seconds'),
    };
  });
  const wallMs = performance.now() - began;
  agent.destroy();
  return { wallMs, latencies: seen.filter(({ up }) => up).map(({ s }) => s * 1_000) };
};

/** undefined where it is not installed. @returns the second pass of each width */
export const runBlackbox = async (
  hosts: readonly Host[],
  timeoutMs: number,
  widths: readonly number[],
) => {
  if (!isInstalled()) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'sheratan-blackbox-'));
  const config = join(dir, 'blackbox.json');
  const http = { preferred_ip_protocol: 'ip4', follow_redirects: false };
  const module = { prober: 'http', timeout: `${timeoutMs}ms`, http };
  writeFileSync(config, JSON.stringify({ modules: { http: module } }));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const args = [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`];
  const child = spawn(COMMAND, args, { stdio: 'ignore' });
  try {
    const agent = new Agent();
    while (!(await text(`${base}/-/healthy`, agent).catch(() => undefined))) await sleep(50);
    const passes = [];
    for (const width of widths) {
      await pass(base, hosts, width);
      passes.push({ width, ...(await pass(base, hosts, width)) });
    }
    return passes;
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
};
