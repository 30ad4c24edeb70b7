import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chooseJar, findJars, javaNeededBy } from '../../scripts/local/emulators/jar.ts';
import { parseJavaVersion } from '../../scripts/local/emulators/java.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-test-jar-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A jar with one class of the given Java version, stored without compression. */
async function writeJar(
  path: string,
  javaVersion: number,
  className = 'com/google/cloud/datastore/emulator/firestore/CloudFirestore.class',
) {
  const name = Buffer.from(className);
  const data = Buffer.alloc(8);
  data.writeUInt32BE(0xcafebabe, 0);
  data.writeUInt16BE(javaVersion + 44, 6);
  const local = Buffer.alloc(30);
  local.write('PK\x03\x04', 'latin1');
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.write('PK\x01\x02', 'latin1');
  central.writeUInt32LE(data.length, 20);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + data.length, 16);
  await writeFile(path, Buffer.concat([local, name, data, central, name, end]));
}

describe('the Firestore emulator that is used', () => {
  it('is the first that the Java at hand can run', () => {
    const jars = [
      { path: 'new.jar', needsJava: 21 },
      { path: 'old.jar', needsJava: 11 },
      { path: 'older.jar', needsJava: 8 },
    ];
    expect(chooseJar(jars, 21)?.path).toBe('new.jar');
    expect(chooseJar(jars, 17)?.path).toBe('old.jar');
    expect(chooseJar(jars, 7)).toBeUndefined();
  });

  it('tells by its main class which Java it needs', async () => {
    const jar = join(directory, 'some.jar');
    await writeJar(jar, 21);
    expect(await javaNeededBy(jar)).toBe(21);
    await writeJar(jar, 21, 'another/Program.class');
    await expect(javaNeededBy(jar)).rejects.toThrow('CloudFirestore.class is not in the archive');
  });

  it('is looked for by name first, then beside gcloud, then where firebase-tools keeps its own, newest first', async () => {
    const sdk = join(directory, 'sdk');
    const inSdk = join(sdk, 'platform', 'cloud-firestore-emulator');
    const cache = join(directory, 'cache');
    for (const folder of [inSdk, cache, join(sdk, 'bin')]) await mkdir(folder, { recursive: true });
    await writeFile(join(sdk, 'bin', 'gcloud'), '');
    const named = join(directory, 'named.jar');
    const found = [
      named,
      join(inSdk, 'cloud-firestore-emulator.jar'),
      join(cache, 'cloud-firestore-emulator-v1.22.0.jar'),
      join(cache, 'cloud-firestore-emulator-v1.9.0.jar'),
    ];
    for (const jar of found) await writeJar(jar, 17);
    await writeFile(join(cache, 'cloud-firestore-emulator-v1.30.0.jar'), 'a download that was broken off');
    const env = { FIRESTORE_EMULATOR_JAR: named, PATH: join(sdk, 'bin'), FIREBASE_EMULATORS_PATH: cache };
    const jars = (await findJars(env)).map(({ path }) => path);
    expect(jars.filter((path) => path.startsWith(directory))).toEqual(found);
  });
});

describe('the version of Java', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_292"', 8],
    ['openjdk version "21" 2023-09-19', 21],
    ['The operation couldn’t be completed. Unable to locate a Java Runtime.', undefined],
  ])('is read from %j', (text, version) => {
    expect(parseJavaVersion(text)).toBe(version);
  });
});
