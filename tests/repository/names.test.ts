/** Rules about names and places: each is shown to notice what it is there for. */
import { describe, expect, it } from '@jest/globals';
import { checkPlaces, checkSources } from '../../scripts/check/architecture.ts';
import { checkText } from '../../scripts/check/checkText.ts';
import { readSource } from '../../scripts/check/readSource.ts';

function faultsOf(files: Record<string, string>): string[] {
  return checkSources(Object.entries(files).map(([path, text]) => readSource(path, text))).map(({ path, detail }) => `${path}: ${detail}`);
}

const endpoint = (name: string) => `export const ${name} = defineEndpoint({ name: '${name}', method: 'GET' });`;

describe('an endpoint', () => {
  it('has the name of its file, of its one export and of its definition', () => {
    expect(faultsOf({ 'functions/songs/getSong.ts': endpoint('getSong') })).toEqual([]);
    expect(faultsOf({ 'functions/songs/getSong.ts': endpoint('getSongs') })).toEqual([
      'functions/songs/getSong.ts: exports getSongs, not just getSong',
      'functions/songs/getSong.ts: defines getSongs, not getSong',
    ]);
    expect(faultsOf({ 'functions/songs/getSong.ts': `${endpoint('getSong')}\nexport const more = 1;` })).toEqual([
      'functions/songs/getSong.ts: exports getSong, more, not just getSong',
    ]);
  });

  it('stands in an area that exists', () => {
    expect(faultsOf({ 'functions/music/getSong.ts': endpoint('getSong') })).toEqual(['functions/music/getSong.ts: there is no area music']);
  });

  it('differs from every other by more than case', () => {
    const files = { 'functions/songs/getSong.ts': endpoint('getSong'), 'functions/admin/getsong.ts': endpoint('getsong') };
    expect(faultsOf(files)).toEqual([
      'functions/admin/getsong.ts: the same as functions/songs/getSong.ts in lower case, and Cloud Run knows no other',
    ]);
  });
});

describe('the name of a file', () => {
  it.each([
    ['shared/songs/song_store.ts', 'song_store is not in camelCase'],
    ['shared/songs/SongStore.ts', 'SongStore is not in camelCase'],
    ['shared/songs/song-store.ts', 'song-store is not in camelCase'],
    ['shared/songs/utils.ts', 'utils says nothing: name the idea'],
    ['shared/songs/types.ts', 'types says nothing: name the idea'],
    ['tests/support/helpers.ts', 'helpers says nothing: name the idea'],
    ['shared/songs/deleteSong.ts', 'gives out changeSong, but is not called like it'],
  ])('%s is refused', (path, fault) => {
    expect(faultsOf({ [path]: 'export function changeSong() {}' })).toEqual([`${path}: ${fault}`]);
  });

  it.each([
    ['shared/songs/changeSong.ts', 'export function changeSong() {}'],
    ['shared/media/gcsUpload.ts', 'export function uploadToGcs() {}'],
    ['shared/runtime/ids.ts', 'export const newId = 1;'],
    ['shared/limits/window.ts', 'export const openWindow = 1; export const closeWindow = 2;'],
    ['shared/music/port.ts', 'export class MusicFault {}'],
    ['scripts/start.ts', 'console.log(1);'],
    ['tests/guarantees/g04-playable.test.ts', ''],
  ])('%s is fine', (path, text) => {
    expect(faultsOf({ [path]: text })).toEqual([]);
  });
});

describe('the place of a file', () => {
  const faults = (paths: string[]) => checkPlaces(paths).map(({ path, detail }) => `${path}: ${detail}`);

  it('is at most three levels down, four in scripts and tests', () => {
    const fine = [
      'functions/songs/getSong.ts',
      'shared/songs/store.ts',
      'scripts/local/gcs/server.ts',
      'tests/endpoints/songs/getSong.test.ts',
    ];
    const deep = ['functions/songs/more/getSong.ts', 'shared/songs.ts', 'shared/songs/store/read.ts', 'scripts/local/gcs/deep/server.ts'];
    expect(faults(fine)).toEqual([]);
    expect(faults(deep).filter((line) => line.endsWith('stands too deep'))).toEqual(deep.map((path) => `${path}: stands too deep`));
  });

  it('is a folder of at most twenty files', () => {
    const inside = Array.from({ length: 21 }, (_, at) => `shared/songs/file${at}.ts`);
    expect(faults(inside)).toEqual(['shared/songs: 21 files, at most 20']);
    expect(faults(inside.slice(1))).toEqual([]);
  });

  it('is a part whose layer is known', () => {
    expect(faults(['shared/weather/store.ts'])).toEqual(['shared/weather/store.ts: its folder stands in no layer of layers.ts']);
  });
});

describe('text that belongs in no file', () => {
  const faults = (text: string) => checkText('docs/a.md', text).map(({ detail }) => detail);

  it.each([
    [`see ${['', 'work', 'main', 'x.ts'].join('/')}`, 'a path of somebody’s machine'],
    [`cd ${['', 'home', 'kim', 'sori'].join('/')}`, 'a path of somebody’s machine'],
    [`from https://${['registry', 'example', 'com'].join('.')}/zod`, 'the host of a package registry'],
    [`// ${['biome', 'ignore'].join('-')} lint`, 'a check switched off: mend the code or the rule'],
    [`// @${['ts', 'ignore'].join('-')}`, 'a check switched off: mend the code or the rule'],
    [`// ${['TO', 'DO'].join('')}: later`, 'work left undone: do it or open an issue'],
  ])('%j is found', (line, fault) => {
    expect(faults(`first\n${line}\n`)).toEqual([`line 2: ${fault}`]);
  });

  it('leaves alone what only looks like it', () => {
    expect(faults('the framework/main part; network/shared; a registry of functions; todos')).toEqual([]);
  });
});
