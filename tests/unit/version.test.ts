import { describe, expect, it } from 'vitest';
import { checkVersions, deployedSchemas } from '#client/version.ts';
import { MESH } from '#shared/contracts/version.ts';

const label = 'stack Sheratan-prod';
const meshOf = (version?: number | string, leastClient?: number | string) => ({
  label,
  outputs: {
    ...(version !== undefined && { MeshVersion: String(version) }),
    ...(leastClient !== undefined && { LeastClient: String(leastClient) }),
  },
});
const checking = (mesh: ReturnType<typeof meshOf>, own: { version: number; leastMesh: number }) => {
  try {
    checkVersions(mesh, own);
    return 'fine';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
};

describe('a client and a mesh', () => {
  it('of one release understand each other', () => {
    expect(() => checkVersions(meshOf(MESH.version, MESH.leastClient))).not.toThrow();
    expect(MESH.leastClient).toBeLessThanOrEqual(MESH.version);
    expect(MESH.leastMesh).toBeLessThanOrEqual(MESH.version);
  });

  it('of neighbouring releases do, too, and a mesh that names no version is the first', () => {
    expect(checking(meshOf(3, 2), { version: 2, leastMesh: 1 })).toBe('fine');
    expect(checking(meshOf(2, 1), { version: 3, leastMesh: 2 })).toBe('fine');
    expect(checking(meshOf(), { version: 2, leastMesh: 1 })).toBe('fine');
  });

  it.each(['', 'latest', '1.5', '-1', '0', ' 2', '1e9'])(
    'refuse %j as a version, by name',
    (said) => {
      const own = { version: 2, leastMesh: 1 };
      const told = (output: string) =>
        `MESH_VERSION_INVALID: ${label}: its output ${output} is "${said}", which is no version: deploy again`;
      expect(checking(meshOf(said, 1), own)).toBe(told('MeshVersion'));
      expect(checking(meshOf(2, said), own)).toBe(told('LeastClient'));
    },
  );

  it.each(['jobs=', 'jobs=two', 'ledger=0', 'hosts=1.5', 'jobs=NaN'])(
    'refuse %j as the schemas of tables',
    (said) => {
      expect(() => deployedSchemas({ label, outputs: { TableSchemas: said } })).toThrow(
        `its output TableSchemas is "${said}", which is no version: deploy again`,
      );
    },
  );

  it('too far apart say which of them is to be renewed', () => {
    expect(checking(meshOf(3, 2), { version: 5, leastMesh: 4 })).toBe(
      `MESH_TOO_OLD: ${label}: the mesh is 3, the client is 5 and needs 4: deploy first`,
    );
    expect(checking(meshOf(), { version: 5, leastMesh: 4 })).toContain('the mesh is 1');
    expect(checking(meshOf(5, 4), { version: 3, leastMesh: 2 })).toBe(
      `MESH_TOO_NEW: ${label}: the mesh is 5, the client is 3, and the mesh takes clients from 4 on: install the newer "sheratan" here`,
    );
  });
});
