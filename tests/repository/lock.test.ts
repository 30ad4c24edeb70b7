import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectFolder } from '../../scripts/check/command.ts';
import { completeLock, lockFaults, parseLock, platformOf } from '../../scripts/check/lockFile.ts';

const optional = { 'tool-linux-x64': '1.2.0', 'tool-win32-arm64': '1.2.0' };
const lock = {
  lockfileVersion: 3,
  packages: {
    '': {},
    'node_modules/tool': { version: '1.2.0', dev: true, resolved: 'https://packages.example/tool.tgz', optionalDependencies: optional },
    'node_modules/tool-linux-x64': { version: '1.2.0', dev: true, optional: true },
    'node_modules/unasked': { version: '3.0.0', extraneous: true },
  },
};

describe('the lock', () => {
  it('of this repository installs on every system', () => {
    expect(lockFaults(parseLock(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8')))).toEqual([]);
  });

  it('gets the packages of other systems that npm left out, and loses what nobody asked for', () => {
    const packages = {
      '': {},
      'node_modules/tool': { version: '1.2.0', dev: true, optionalDependencies: optional },
      'node_modules/tool-linux-x64': { version: '1.2.0', dev: true, optional: true },
      'node_modules/tool-win32-arm64': { version: '1.2.0', cpu: ['arm64'], dev: true, optional: true, os: ['win32'] },
    };
    expect(completeLock(lock)).toEqual({ lockfileVersion: 3, packages });
    expect(lockFaults(completeLock(lock))).toEqual([]);
  });

  it('tells everything that is wrong with it', () => {
    expect(lockFaults(lock)).toEqual([
      'node_modules/tool-win32-arm64@1.2.0 is missing',
      'node_modules/unasked is a left-over',
      'node_modules/tool holds the address of a registry',
    ]);
  });

  it('keeps two versions of a package apart', () => {
    const nested = 'node_modules/app/node_modules/tool';
    const twice = {
      packages: {
        ...completeLock(lock).packages,
        'node_modules/app': { version: '1.0.0' },
        [nested]: { version: '2.0.0', optionalDependencies: { 'tool-win32-arm64': '2.0.0' } },
      },
    };
    expect(lockFaults(twice)).toEqual([`${nested}/node_modules/tool-win32-arm64@2.0.0 is missing`]);
    expect(lockFaults(completeLock(twice))).toEqual([]);
  });

  it.each([
    ['@swc/core-linux-arm64-musl', { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
    ['@oxc-parser/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['@biomejs/cli-win32-x64', { os: ['win32'], cpu: ['x64'] }],
    ['@unrs/resolver-binding-wasm32-wasi', { cpu: ['wasm32'] }],
    ['fsevents', { os: ['!linux'] }],
  ])('knows where %s runs', (name, platform) => {
    expect(platformOf(name)).toEqual(platform);
  });
});
