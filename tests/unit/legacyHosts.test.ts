import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLegacyHosts } from '#shared/legacy/hosts.ts';

const TEXT = readFileSync('tests/fixtures/legacy/hosts/mesh/registry/workers.json', 'utf8');
const isOwnAddress = (name: string): boolean => /^(?:localhost|127\..*)$/.test(name);
const read = (text: string) => readLegacyHosts(text, { isOwnAddress });
const worker = (over: object): string =>
  JSON.stringify({
    w: { endpoint: 'http://w.test', capabilities: [{ kind: 'a', cost: 1 }], meta: {}, ...over },
  });

describe("the original's workers", () => {
  const { hosts, refused, notes } = read(TEXT);

  it('come along when somebody else can reach them', () => {
    expect(hosts.map(({ id }) => id)).toEqual([
      'worker-gpu-01',
      'worker-gpu-02',
      'worker-cpu-01',
      'worker-cpu-02',
      'worker-edge-01',
      'worker-edge-02',
      'worker-pdf-01',
    ]);
    expect(notes).toEqual([]);
  });

  it('are named with the reason when nobody can', () => {
    expect(refused.map(({ id, code }) => [id, code])).toEqual([
      ['default_worker', 'NO_ENDPOINT'],
      ['webrelay_worker', 'OWN_ADDRESS'],
      ['node-A', 'OWN_ADDRESS'],
      ['node-B', 'OWN_ADDRESS'],
      ['worker-new-01', 'NO_ENDPOINT'],
    ]);
    expect(refused.every(({ message }) => message.startsWith('endpoint: '))).toBe(true);
  });

  it('bring their prices in ten-thousandths of a credit, and what is known of them as tags', () => {
    expect(hosts[0]).toMatchObject({
      endpoint: 'http://10.20.0.11:8081',
      capabilities: [
        { kind: 'agent_plan', price: 600_000n },
        { kind: 'llm_call', price: 400_000n },
      ],
      unit: 'TOK',
      concurrency: 3,
      tags: ['gpu=A10G', 'zone=eu-1a'],
    });
  });

  it('are probed where the original probed them', () => {
    const of = (endpoint: string) => {
      const [host] = read(worker({ endpoint })).hosts;
      return [host?.endpoint, host?.probe.path];
    };
    expect(of('http://w.test:8001/health')).toEqual(['http://w.test:8001', '/health']);
    expect(of('http://w.test:8001/')).toEqual(['http://w.test:8001', '/health']);
    expect(of('http://w.test:8001/api/v1/')).toEqual(['http://w.test:8001', '/api/v1/health']);
  });

  it.each([
    [{ capabilities: [{ kind: 'a', cost: -1 }] }, 'HOST_INVALID', /^capabilities\.0\.price: /],
    [{ capabilities: [{ kind: 'a', cost: 'x' }] }, 'HOST_INVALID', /^capabilities\.0\.price: /],
    [{ capabilities: [{ cost: 1 }] }, 'HOST_INVALID', /^capabilities\.0\.kind: is missing/],
    [{ capabilities: null }, 'HOST_INVALID', /^capabilities: /],
    [{ endpoint: 'nowhere' }, 'ENDPOINT_INVALID', /^endpoint: must be a URL/],
  ])('with %j are refused, and the field named', (over, code, message) => {
    expect(read(worker(over))).toMatchObject({
      hosts: [],
      refused: [{ id: 'w', code, message: expect.stringMatching(message) }],
    });
  });

  it('keep costs to the last digit', () => {
    const text = worker({}).replace('"cost":1', '"cost":0.12345');
    expect(read(text).hosts[0]?.capabilities[0]?.price).toBe(1_235n);
  });

  it('say what has no place', () => {
    const meta = {
      tags: ['neu', 'β'],
      owner: 'Jürgen',
      cores: 16,
      spot: true,
      disks: [1],
      at: null,
    };
    const { hosts: came, notes: lost } = read(worker({ meta }));
    expect(came[0]?.tags).toEqual(['cores=16', 'neu', 'owner=Jürgen', 'spot=true', 'β']);
    expect(lost).toEqual([{ id: 'w', message: 'has no place for meta.disks, meta.at' }]);
  });

  it('are no list', () => {
    expect(() => read('[]')).toThrow(SyntaxError);
    expect(read('{"w":7}').refused).toMatchObject([{ id: 'w', code: 'NOT_AN_OBJECT' }]);
  });
});
